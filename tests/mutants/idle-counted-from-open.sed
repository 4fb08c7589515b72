# promise: idle time is counted from when both ends are up (flow_up() in tunnel/flow.h)
# file: src/tunnel/flow.c
# test: unit/test_tunnel
/^flow_up(/,/^}/ {
/flow_time_up(f);/d
}
