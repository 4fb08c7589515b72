# promise: when our addresses change an association is replaced at once (adit.8 DTLS)
# file: src/tunnel/end_dtls_dial.c
# test: sim/test_moves
/^dtls_dial_rerouted(/,/^}/ s/!route_moved(w, &l->call->from, &l->call->to)/true/
