# promise: a route leads to a network, which ends at its prefix (src/net/rtsocket.h)
# file: src/net/rtsocket.c
# test: unit/test_bsd_tun
s/if (i >= bits)/if (i > full)/
