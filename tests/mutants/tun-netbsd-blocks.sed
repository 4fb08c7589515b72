# promise: a device does not block where open() does not tell the driver so (src/net/tun_bsd.h)
# file: src/net/tun_netbsd.c
# test: unit/test_bsd_tun
s/ioctl(fd, FIONBIO, &on) != 0/on != 1/
