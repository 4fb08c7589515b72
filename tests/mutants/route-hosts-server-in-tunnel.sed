# promise: a carrier's packets never go into its own device (src/net/route_hosts.h)
# file: src/net/route_hosts.c
# test: unit/test_bsd_routes
s/^	step.adds = !host->set .*/	step.adds = host->found \&\& (!host->set || step.removes);/
