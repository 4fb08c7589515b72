# promise: without killswitch a default route waits for the carrier (tun_routes.h)
# file: src/tunnel/tun_routes.c
# test: sim/test_tun_routes
s/^	if (!to.lasting)$/	if (false)/
