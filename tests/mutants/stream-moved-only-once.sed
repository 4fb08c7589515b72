# promise: datagrams that wait longer than 25 ms are dropped while connections drain, 1 second only while they stall (adit.8 ENDS; moved_ms in net/stream.h is when the socket last took bytes)
# file: src/net/stream_out.c
# test: sim/test_stall
/^stream_out_send(/,/^}/ s/s->moved_ms = loop_now(s->env->loop);/s->moved_ms = s->moved_ms != 0 ? s->moved_ms : loop_now(s->env->loop);/
