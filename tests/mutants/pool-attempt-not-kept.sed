# promise: an attempt beside a silent connection goes on until something comes on that (doc/DESIGN.md, a pool leaves what is silent)
# file: src/tunnel/pool_places.c
# test: sim/test_one_way
/^dialler_leg_settle(/,/^}/ s/pool_leg_only_takes(&l->pool)/false/
