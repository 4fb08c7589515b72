# promise: dgram_room() flushes before the space for copies is used again, so that no copy is overwritten before it was sent (net/dgram.h; DESIGN.md "Borrowed until the flush")
# file: src/net/dgram.c
# test: unit/test_dgram
/^arena_copy(/,/^}/ s/loop_flush(a->loop);/;/
