# promise: a server tells the client of a handshake that it does not know (adit-protocols.7)
# file: src/tunnel/end_dtls_listen.c
# test: sim/test_dtls_nat
s/if (old == NULL && dtls_listen_request(s, m))/if (old != NULL \&\& dtls_listen_request(s, m))/
