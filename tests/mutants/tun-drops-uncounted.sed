# promise: what the system's queue of a TUN device drops is counted while packets are read (tun_drops.h)
# file: src/tunnel/tun_dev.c
# test: sim/test_tun_drops
/^dev_readable(/,/^}/ s/tun_drops_plan(dev);/(void)tun_drops_plan;/
