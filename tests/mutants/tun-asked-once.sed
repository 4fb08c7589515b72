# promise: one question that is lost does not cost an idle client its inner address (adit.8 TUN DEVICES: does not answer one within 3 seconds)
# file: src/tunnel/tun_right_silence.c
# test: sim/test_tun_asked
s/RIGHT_QUESTIONS = 3,/RIGHT_QUESTIONS = 1,/
