# promise: a flow leaves an endpoint that accepts and hangs when the first handshake times out (dialled_stalled_failed())
# file: src/tunnel/pool_dial.c
# test: sim/test_slow_server
/^dialled_stalled_failed(/,/^}/ s/if (!dialled_leave_endpoint(c, why))/if (c->leg != NULL)/
