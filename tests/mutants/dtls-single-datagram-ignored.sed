# promise: a single datagram that is not answered is a reason where all before it were answered (adit.8 DTLS)
# file: src/tunnel/dtls_silence.c
# test: sim/test_silence
/^silence_has_sparse_traffic(/,/^}/ s/s->regular == DTLS_SILENCE_REGULAR/false/
