# promise: a connection from an address that is not used any more is replaced, whatever comes on it (condemned, pool.h)
# file: src/tunnel/pool_look.c
# test: sim/test_moves
/^conn_set_health(/,/^}/ s/ || c->condemned)/ || c->load > 1u << 30)/
