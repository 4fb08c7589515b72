# promise: packets of a carrier do not go by the default route of its device (plan.c)
# file: src/tunnel/plan.c
# test: sim/test_tun_routes
s/^			s->mark = ROUTE_SET_MARK;$/			continue;/
