# promise: idle time is counted from when both ends are up (flow_up() in tunnel/tunnel.h)
# file: src/tunnel/tunnel.c
# test: unit/test_tunnel
/^flow_up(/,/^}/ {
/flow_start_idle(f);/d
}
