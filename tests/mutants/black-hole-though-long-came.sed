# promise: a long datagram that came back ends a run (NOTES of wire/black_hole.h)
# file: src/wire/black_hole.c
# test: unit/test_black_hole
s/if (size >= h->size)/if (size > UINT16_MAX)/
