# promise: a client begins again beside a handshake that its server does not know (adit-protocols.7)
# file: src/tunnel/end_dtls_dial.c
# test: sim/test_dtls_nat
/^dtls_dial_forgotten(/,/^}/ s/if (other != NULL && other->heard)/if (c->heard)/
