# promise: dgram_room() flushes every DGRAM_BATCH copies, so that no copy is overwritten before it was sent (net/dgram.h; DESIGN.md "Borrowed until the flush")
# file: src/net/dgram.c
# test: unit/test_dgram
/^dgram_room(/,/^}/ s/if (a->spare.next == SPARES \/ 2 || a->spare.next == SPARES)/if (a->spare.next == SPARES)/
