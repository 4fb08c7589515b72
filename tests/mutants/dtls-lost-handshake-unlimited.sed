# promise: a forged HelloRequest begins one more handshake at most (adit-protocols.7)
# file: src/tunnel/dtls_call.c
# test: sim/test_dtls_nat
/^call_look_forgotten(/,/^}/ s/c->forgotten = true/c->forgotten = false/
