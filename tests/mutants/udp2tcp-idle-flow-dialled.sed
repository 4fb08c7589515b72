# promise: after a suspend udp2tcp dials nothing for flows that are idle (pool_places.h)
# file: src/tunnel/pool_places.c
# test: sim/test_udp2tcp
/^dialler_leg_fill(/,/^}/ s/if (!dialler_leg_is_in_need(l))/if (l == NULL)/
