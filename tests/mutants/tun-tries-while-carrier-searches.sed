# promise: a device tries no second flow while its carrier lowers its MSS (NOTES of end_tun_left.c)
# file: src/tunnel/end_tun_left.c
# test: sim/test_tun_stalls
/^left_other_searches(/,/^}/ s/if (e->try_ms < due_ms)/if (due_ms == 0)/
