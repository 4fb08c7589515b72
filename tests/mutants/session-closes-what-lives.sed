# promise: one connection more in a session closes the one that was silent longest (adit.8 tcp-listen)
# file: src/tunnel/end_pool_listen.c
# test: sim/test_strangers
/^session_worst(/,/^}/ s/pool_conn_heard_ms(c) < pool/pool_conn_heard_ms(c) > pool/
