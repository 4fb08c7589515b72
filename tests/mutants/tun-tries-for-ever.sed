# promise: a server that knows no probes any more is not tried each 12 s for ever (NOTES of tun_left_silence.c)
# file: src/tunnel/tun_left_silence.c
# test: sim/test_tun_silence
s/LEFT_MUTE = 3,/LEFT_MUTE = 3000,/
