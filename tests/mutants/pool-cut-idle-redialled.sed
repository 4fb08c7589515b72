# promise: connections that are cut while their flow is idle are dialled when they are needed, not at once (pool_rest.h)
# file: src/tunnel/pool_places.c
# test: sim/test_cut_idle
/^dialler_leg_is_in_need(/,/^}/ s/!(e->single || l->rests)/!e->single/
