# promise: one connection more in a session closes the one that was silent longest (adit.8 tcp-listen)
# file: src/tunnel/pool.c
# test: sim/test_strangers
/^pool_leg_worst(/,/^}/ s/pool_conn_heard_ms(c) < pool/pool_conn_heard_ms(c) > pool/
