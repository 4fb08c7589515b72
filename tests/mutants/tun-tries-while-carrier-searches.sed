# promise: a device tries no second flow while its carrier lowers its MSS (NOTES of tun_left_silence.c)
# file: src/tunnel/tun_left_silence.c
# test: sim/test_tun_stalls
/^tun_left_searches(/,/^}/ s/if (e->try_ms < due_ms)/if (due_ms == 0)/
