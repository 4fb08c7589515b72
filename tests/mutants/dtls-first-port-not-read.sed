# promise: a late answer to the first port counts (tunnel/dtls_call.h)
# file: src/tunnel/dtls_socket.c
# test: sim/test_dtls_ports
/^change_port(/,/^}/ s/^	c->former = f;/	watch_stop(\&f->watch); c->former = f;/
