# promise: datagrams go where the peer spoke last, once it has left the current connection (comment of pool_current())
# file: src/tunnel/pool.c
# test: sim/test_paths
/^pool_current(/,/^}/ s/return s;/return c;/
