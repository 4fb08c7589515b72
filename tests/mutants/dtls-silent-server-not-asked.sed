# promise: a server that has agreed to heartbeats is asked by one before its association is replaced (adit.8 DTLS)
# file: src/tunnel/end_dtls_dial.c
# test: sim/test_silence
/^dtls_dial_suspect(/,/^}/ s/!call_ask(l->call)/true/
