# promise: a signal is handled even if the socket that wakes the loop has failed (loop_wake())
# file: src/net/loop.c
# test: unit/test_poller
s/^	l->woken = 1;/	l->woken = l->wake_watch.loop != NULL;/
