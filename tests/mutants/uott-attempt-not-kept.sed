# promise: an attempt beside a silent connection goes on until something comes on that (doc/DESIGN.md, a pool leaves what is silent)
# file: src/tunnel/uott_beside.c
# test: sim/test_one_way
/^caller_settle(/,/^}/ s/if (uott_look_is_unheard(/if (false \&\& uott_look_is_unheard(/
