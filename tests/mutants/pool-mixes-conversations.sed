# promise: in a pool that is loaded each conversation keeps its connection, and so its order (adit(8); tunnel/pool_flows.h)
# file: src/tunnel/pool.c
# test: sim/test_tun_queue
/^pool_pick_flow(/,/^}/ s/if (c == NULL || c->health > health ||/if (c == NULL || c->health <= health ||/
