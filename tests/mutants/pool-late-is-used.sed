# promise: a connection whose data is not acknowledged takes no more datagrams (DESIGN.md "Rules", comment of pool_pick())
# file: src/tunnel/pool.c
# test: sim/test_paths
/^pool_pick(/,/^}/ s/if (health >= POOL_LATE)/if (health > POOL_SILENT)/
