# promise: changes of routes do not end the back-off, since most have nothing to do with the server (comment in pool_dial_reroute())
# file: src/tunnel/pool_dial.c
# test: sim/test_moves
/^pool_dial_reroute(/,/^}/ s/began_ms + REDIAL_HURRY_MS/0/
