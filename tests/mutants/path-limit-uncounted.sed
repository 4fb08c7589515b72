# promise: a limit that probes find counts as swallowed packets (flow_tell_hole() in tunnel/tunnel.h)
# file: src/tunnel/tunnel.c
# test: sim/test_tun_black_hole
/^flow_tell_hole(/,/^}/ s/^	t->black_holes++;//
