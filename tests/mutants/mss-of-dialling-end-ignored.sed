# promise: mss= of a dialling end bounds the segments of its connections (adit.8)
# file: src/net/tcp.c
# test: sim/test_black_hole
/^tcp_attempt_start(/,/^}/ s/if (s->options.mss != 0)/if (s->options.mss < 0)/
