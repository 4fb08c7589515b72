# promise: with no-up the device is not raised (adit.8 key no-up)
# file: src/tunnel/tun_dev.c
# test: sim/test_tun
s/dev->settings.leave_down = s->leave_down;/dev->settings.leave_down = false;/
