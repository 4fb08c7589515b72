# promise: a path that dies again as a second flow is up does not make the client wait longer (NOTES of tun_left_silence.c)
# file: src/tunnel/tun_left_silence.c
# test: sim/test_tun_silence
s/LEFT_MUTE = 3,/LEFT_MUTE = 1,/
