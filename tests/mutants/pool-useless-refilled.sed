# promise: spare connections that were cut again in vain come back later and later (pool_rest.h)
# file: src/tunnel/pool_rest.c
# test: sim/test_cut_idle
/^pool_rest_lost(/,/^}/ s/^		leg_grow_pause(l);/		(void)leg_grow_pause;/
