# promise: a million flows that expire together do not stall the loop (net/loop.h, LOOP_TIMERS)
# file: src/net/loop.c
# test: unit/test_many_flows
/^loop_run_timers(/,/^}/ s/i < LOOP_TIMERS/i >= 0/
