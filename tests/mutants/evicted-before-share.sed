# promise: a host that has its share of the connections evicts nobody (tcp_admit.h)
# file: src/tunnel/tcp_admit.c
# test: sim/test_share
s/} else if (tcp_admit_is_used_up(a, from)) {/} else if (!pendings_is_full(\&a->pending) \&\& tcp_admit_is_used_up(a, from)) {/
