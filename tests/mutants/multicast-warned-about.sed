# promise: multicast that systems send on a new device causes no warning
# file: src/tunnel/losses.c
# test: sim/test_tun
s/return cause != LOST_MULTICAST \&\& cause/return cause/
