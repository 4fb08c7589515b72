# promise: a uott connection that is cut while all flows are idle is dialled with the next datagram (uott_dial.h)
# file: src/tunnel/uott_dial.c
# test: sim/test_cut_idle
/^caller_down(/,/^}/ s/else if (!rests || e->warm)/else/
