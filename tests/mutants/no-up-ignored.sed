# promise: with no-up the device is not raised (adit.8 key no-up)
# file: src/tunnel/tun_dev.c
# test: sim/test_tun
s/to->leave_down = s->leave_down;/to->leave_down = false;/
