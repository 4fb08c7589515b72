# promise: a TUN device is read again after a failure, before it counts as gone (dev_failed())
# file: src/tunnel/tun_dev.c
# test: sim/test_tun
s/TUN_DEV_FAILURES = 3/TUN_DEV_FAILURES = 1/
