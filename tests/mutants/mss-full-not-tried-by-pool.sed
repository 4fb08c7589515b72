# promise: a pool's connections get the full MSS back (tunnel/pool_mss.h)
# file: src/tunnel/pool_mss.c
# test: sim/test_black_hole
/^pool_mss_moves(/,/^}/ s/if (!pool_mss_is_right(c))/if (c == NULL)/
