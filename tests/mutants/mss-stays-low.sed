# promise: the full MSS is tried after a time (tunnel/mss.h)
# file: src/tunnel/mss.c
# test: unit/test_mss
/^mss_choose(/,/^}/ s/if (now_ms < p->due_ms)/if (now_ms < p->due_ms || p->due_ms > 0)/
