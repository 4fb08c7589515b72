# promise: what still comes on the old association is passed on for up to 5 seconds (adit.8 DTLS)
# file: src/tunnel/end_dtls_dial.c
# test: sim/test_moves
/^dtls_dial_replace(/,/^}/ s/dtls_dial_now(l) + DTLS_DIAL_OLD_MS/dtls_dial_now(l)/
