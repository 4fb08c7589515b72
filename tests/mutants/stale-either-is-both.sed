# promise: with --stale-mode either the silence of one of the two sides ends a flow (adit.8 --stale-mode)
# file: src/tunnel/flow_time.c
# test: unit/test_tunnel
/^flow_check_idle(/,/^}/ s/seen = left < right ? left : right;/seen = left < right ? right : left;/
