# promise: a client that comes back within grace keeps its session and its UDP port at the target (adit.8 key grace, NOTES of end_pool_listen.c)
# file: src/tunnel/end_pool_listen.c
# test: sim/test_idle
/^accepted_identify(/,/^}/ {
/timer_stop(&s->grace);/d
}
