# promise: uott, too, replaces a connection that stalls by one with a lower MSS (tunnel/mss.h)
# file: src/tunnel/uott_beside.c
# test: sim/test_black_hole
/^caller_is_silent(/,/^}/ s/(void)redial_stalled(/if (now_ms == 0) (void)redial_stalled(/
