# promise: addresses of a name are tried with the families in turn, as RFC 8305 has it (net/tcp.h, comment of tcp_dial_order())
# file: src/net/tcp.c
# test: sim/test_pool
/^tcp_dial_order(/,/^}/ s/want_first = !want_first;/want_first = true;/
