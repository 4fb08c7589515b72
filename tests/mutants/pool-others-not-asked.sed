# promise: when one connection of a pool is late, the others are doubted until they are heard (NOTES of pool_look.c)
# file: src/tunnel/pool_look.c
# test: sim/test_paths
/^conn_is_overdue(/,/^}/ s/leg_doubt(c->leg, c->since_ms);/(void)leg_doubt;/
