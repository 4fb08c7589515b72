# promise: both handshakes of a name follow a change of our address (tunnel/end_dtls_dial.c)
# file: src/tunnel/end_dtls_dial.c
# test: sim/test_moves
s/^		dtls_dial_reroute(second, w);/		(void)second;/
