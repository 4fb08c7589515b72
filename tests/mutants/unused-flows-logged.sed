# promise: of the unused flows of one source one in an hour is logged (NOTES of tunnel/flow_log.h)
# file: src/tunnel/flow_log.c
# test: sim/test_share
/^flow_log_began(/,/^}/ s/f->began_ms < u->until_ms/f->began_ms == 0/
