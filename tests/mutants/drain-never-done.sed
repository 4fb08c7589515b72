# promise: a tunnel that drains reports the end of its last flow (tunnel/tunnel.h)
# file: src/tunnel/flow.c
# test: sim/test_drain
/^flow_unlink(/,/^}/ s/t->n_flows == 0/t->n_flows > 0/
