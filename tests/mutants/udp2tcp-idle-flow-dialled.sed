# promise: after a suspend udp2tcp dials nothing for flows that are idle (pool_dial.h)
# file: src/tunnel/pool_dial.c
# test: sim/test_udp2tcp
/^dialler_leg_refill(/,/^}/ s/if (dialler_leg_is_in_need(l))/if (!dialler_leg_is_in_need(l) || l != NULL)/
