# promise: the line that a carrier is up is written once for a flow (adit.8 DIAGNOSTICS, info)
# file: src/tunnel/pool_dial.c
# test: sim/test_told_up
/^dialled_log_first(/,/^}/ s/if (leg->flow->up\[RIGHT\])/if (leg->flow->dead)/
