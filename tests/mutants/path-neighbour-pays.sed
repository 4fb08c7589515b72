# promise: one client with a bad path does not lower the MTU for the others (tunnel/tun_dev.c)
# file: src/tunnel/tun_fit.c
# test: sim/test_tun_black_hole
s/return dev->end.side == LEFT ? l->room : l->carrier;/return l->room;/
