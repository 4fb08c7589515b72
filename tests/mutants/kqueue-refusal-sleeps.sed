# promise: a watch that the kernel refuses is reported at once (src/net/poll_kqueue.c)
# file: src/net/poll_kqueue.c
# test: unit/test_kqueue
/^kqueue_await(/,/^}/ s/timeout_ms = 0;/timeout_ms += 0;/
