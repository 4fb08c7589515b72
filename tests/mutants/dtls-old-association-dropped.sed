# promise: what still comes on the old association is passed on for up to 5 seconds (adit.8 DTLS)
# file: src/tunnel/dtls_renewal.c
# test: sim/test_moves
/^renewal_replace(/,/^}/ s/renewal_now(r) + RENEWAL_OLD_MS/renewal_now(r)/
