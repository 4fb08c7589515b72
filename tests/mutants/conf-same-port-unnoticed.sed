# promise: two tunnels that want one port are named (daemon/overlap.h)
# file: src/daemon/overlap.c
# test: unit/test_setup
s/if (claims_have_address(a, b))/if (false)/
