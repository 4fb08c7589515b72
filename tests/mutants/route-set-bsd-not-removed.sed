# promise: a route of the BSDs is removed with the tunnel (src/net/route_set.h)
# file: src/net/route_set_bsd.c
# test: unit/test_bsd_routes
/^remove_nets(/,/^}/ s/i < n/i < 0/
