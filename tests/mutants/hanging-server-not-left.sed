# promise: a flow leaves an endpoint that accepts and hangs when the first handshake times out (dialled_late())
# file: src/tunnel/pool_dial.c
# test: sim/test_slow_server
/^dialled_late(/,/^}/ s/if (!dialled_leave_endpoint(c, why))/if (c->leg != NULL)/
