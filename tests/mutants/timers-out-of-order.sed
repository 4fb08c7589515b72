# promise: timers that are due at the same time are called in the order in which they were set (net/loop.h)
# file: src/net/timers.c
# test: unit/test_loop
/^timer_before(/,/^}/ s/return a->order < b->order;/return a->order > b->order;/
