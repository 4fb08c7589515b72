# promise: nothing leaks while a tunnel with killswitch is replaced (tun_routes.h)
# file: src/tunnel/tun_routes.c
# test: sim/test_tun_routes
s/^	if (dev->end.tunnel->stays_closed)$/	if (false)/
