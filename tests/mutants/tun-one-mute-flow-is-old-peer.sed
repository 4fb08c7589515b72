# promise: a path that dies again as a second flow is up does not make the client wait longer (NOTES of end_tun_left.c)
# file: src/tunnel/end_tun_left.c
# test: sim/test_tun_silence
s/LEFT_MUTE = 3,/LEFT_MUTE = 1,/
