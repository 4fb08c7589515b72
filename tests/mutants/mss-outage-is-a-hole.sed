# promise: an outage lowers the MSS by little, and is not reported (NOTES of pool_mss.c)
# file: src/tunnel/stall.c
# test: sim/test_black_hole
/^stall_sign(/,/^}/ s/return MSS_UNSURE/return MSS_SHORT_PASS/
