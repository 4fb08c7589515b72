# promise: with killswitch the default route stays when the tunnel is lost (tun_routes.h)
# file: src/tunnel/tun_routes.c
# test: sim/test_tun_routes
s/^	if (!r->set.settings.lasting)$/	if (true)/
