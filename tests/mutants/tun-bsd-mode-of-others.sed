# promise: a device that others have set up stays as it is (src/net/tun_bsd.h)
# file: src/net/tun_nodes.c
# test: unit/test_bsd_tun
s/s->n_addresses == 0 ? 0 : IFF_BROADCAST/IFF_BROADCAST/
