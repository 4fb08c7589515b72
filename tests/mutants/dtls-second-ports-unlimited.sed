# promise: few associations have two ports at the same time (tunnel/dtls_call.h)
# file: src/tunnel/dtls_socket.c
# test: sim/test_dtls_ports
/^change_port(/,/^}/ s/^	if (c->calls->n_formers == CALL_FORMERS ||/	if (/
