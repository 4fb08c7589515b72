# promise: an attempt is kept only where the peer would speak (src/tunnel/pool.h, unheard)
# file: src/tunnel/pool_look.c
# test: sim/test_one_way
s/c->unheard = c->leg->spoke_ms + POOL_TALK_MS > c->since_ms/c->unheard = true/
