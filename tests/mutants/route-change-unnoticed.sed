# promise: when our addresses change an association is replaced at once (adit.8 DTLS)
# file: src/tunnel/dtls_renewal.c
# test: sim/test_moves
/^renewal_reroute(/,/^}/ s/!route_moved(w, &r->call->from, &r->call->to)/true/
