# promise: a guard ends with the next lasting default route of its family (route_set.h)
# file: src/net/route_set_linux.c
# test: unit/test_route_guard
s/^			guard_end(i);$/			route_set_release();/
