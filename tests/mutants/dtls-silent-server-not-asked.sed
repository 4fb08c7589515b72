# promise: a server that has agreed to heartbeats is asked by one before its association is replaced (adit.8 DTLS)
# file: src/tunnel/dtls_renewal.c
# test: sim/test_silence
/^renewal_suspect(/,/^}/ s/!call_ask(r->call)/true/
