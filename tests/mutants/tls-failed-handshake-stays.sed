# promise: a TLS connection that failed is closed a second after its alert (net/linger.h)
# file: src/net/linger.c
# test: sim/test_half_close
s/loop_now(loop) + LINGER_MS/loop_now(loop) + 10 * LINGER_MS/
