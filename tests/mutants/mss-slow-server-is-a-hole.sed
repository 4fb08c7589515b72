# promise: where a handshake that stalled is done with the full MSS, others that stall do not lower it (tunnel/mss.h)
# file: src/tunnel/mss.c
# test: unit/test_mss
/^mss_was_slow(/,/^}/ s/if (!m->on || /if (now_ms > 0 || /
