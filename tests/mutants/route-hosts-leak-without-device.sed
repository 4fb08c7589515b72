# promise: with a kill switch nothing leaks when the device goes (src/net/route_hosts.h)
# file: src/net/route_hosts.c
# test: unit/test_bsd_routes
s/^	if (!lasting)$/	if (true)/
