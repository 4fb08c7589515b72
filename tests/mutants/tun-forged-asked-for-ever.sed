# promise: a peer that says nothing is asked three times at most (RIGHT_BEATS)
# file: src/tunnel/end_tun_right.c
# test: sim/test_tun_asked
s/RIGHT_BEATS = 3,/RIGHT_BEATS = 3000,/
