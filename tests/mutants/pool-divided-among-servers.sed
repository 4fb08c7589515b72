# promise: all connections of a flow go to one server (tunnel/pool_dial.c)
# file: src/tunnel/pool_dial.c
# test: sim/test_servers
/^dialler_leg_peer(/,/^}/ s/if (c->health < POOL_LATE)/if (c == NULL)/
