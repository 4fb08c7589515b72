# promise: a watcher may stop any watcher when it is called (route.h)
# file: src/net/route.c
# test: sim/test_route
s/if (r != NULL && r->next == &w->link)/if (r == NULL)/
