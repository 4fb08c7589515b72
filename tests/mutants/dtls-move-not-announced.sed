# promise: the server learns a client's new address at once, also when the client has nothing to send (adit.8 DTLS)
# file: src/tunnel/dtls_call.c
# test: sim/test_moves
/^call_move_socket(/,/^}/ s/call_announce(c);/;/
