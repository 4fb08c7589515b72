# promise: connections that wait together are accepted a few at a time (comment of tcp_accept() in net/tcp.c)
# file: src/net/tcp.c
# test: unit/test_tcp_accept
/^tcp_accept(/,/^}/ s/ ? TCP_ACCEPTS : 1/ ? 1 : 1/
