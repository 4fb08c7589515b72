# promise: packets of a carrier do not go by the default route of its device (plan_finish.c)
# file: src/tunnel/plan_finish.c
# test: sim/test_tun_routes
s/^			s->mark = ROUTE_SET_MARK;$/			continue;/
