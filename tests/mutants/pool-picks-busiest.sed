# promise: a datagram goes on the connection with the least on its way among those that have room (DESIGN.md "The way of one datagram" 5, comment of pool_pick())
# file: src/tunnel/pool.c
# test: sim/test_stall
/^pool_pick(/,/^}/ s/pool_load(c) < pool_load(best)/pool_load(c) > pool_load(best)/
