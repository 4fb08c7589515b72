# promise: the old connection is received from until the server closes it (adit.8 ENDS, uott)
# file: src/tunnel/uott_conn.c
# test: sim/test_silence
/^uott_conn_retire(/,/^}/ s/timer_set(&k->try.timer, loop, k->old_ms + UOTT_LOOK_MS,/uott_conn_stop(k); if (0) &/
