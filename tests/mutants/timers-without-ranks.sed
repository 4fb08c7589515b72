# promise: the removal of the first timer looks at few others (net/timers.c, NOTES)
# file: src/net/timers.c
# test: unit/test_many_flows
/^timer_insert(/,/^}/ s/ && timer_has_rank_of(t, next)/ \&\& next == root/
