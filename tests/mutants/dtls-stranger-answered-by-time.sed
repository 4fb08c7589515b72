# promise: who has shown no cookie has one datagram for each of his: the flight is repeated when the hello is, not by time (dtls_distrust() in wire/dtls.h; DESIGN.md Rules)
# file: src/wire/dtls_state.c
# test: sim/test_dtls_flood
/^dtls_deadline(/,/^}/ s/if (d->handshake->distrusted)/if (d->handshake->distrusted \&\& d->handshake->bad)/
