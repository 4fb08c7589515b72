# promise: a limit that probes find counts as swallowed packets (flow_tell_hole() in tunnel/flow.h)
# file: src/tunnel/flow.c
# test: sim/test_tun_black_hole
/^flow_tell_hole(/,/^}/ s/^	t->black_holes++;//
