# promise: with --stale-mode either the silence of one of the two sides ends a flow (adit.8 --stale-mode)
# file: src/tunnel/flow_time.c
# test: unit/test_tunnel
/^flow_idle_due(/,/^}/ s/seen = left < right ? left : right;/seen = left < right ? right : left;/
