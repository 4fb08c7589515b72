# promise: at most POOL_HANDSHAKES handshakes of an end stall (NOTES of tunnel/pool_places.h)
# file: src/tunnel/pool_places.c
# test: sim/test_slow_server
/^dialled_stall(/,/^}/ s/if (e->n_stalled >= POOL_STALLED/if (e->n_stalled >= 1000 * POOL_STALLED/
