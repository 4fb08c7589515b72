# promise: what the kernel refuses to watch is reported, not lost (src/net/poll_kqueue.c)
# file: src/net/poll_kqueue.c
# test: unit/test_kqueue
/^kqueue_change(/,/^}/ s/kqueue_refuse(p, w)/(void)0/
