# promise: of pending connections the address that has the most pays, and none that is young pays for others (tunnel/pending.h; adit.8 max-pending)
# file: src/tunnel/pending.c
# test: unit/test_pending
/^pendings_payer(/,/^}/ s/	return now_ms - oldest->began_ms < PENDING_YOUNG_MS ? NULL : oldest;/	return now_ms == 0 ? NULL : oldest;/
