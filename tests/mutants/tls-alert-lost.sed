# promise: after a fatal alert of ours input is discarded before the connection is closed (net/linger.h)
# file: src/net/stream.c
# test: sim/test_half_close
s/if (s->broken == 0 && !s->sealed &&$/if (s->broken != 0 \&\& !s->sealed \&\&/
