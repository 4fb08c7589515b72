# promise: one sighting of a black hole is nothing (NOTES of wire/black_hole.h)
# file: src/wire/black_hole.c
# test: unit/test_black_hole
s/if (!again || h->told)/if (h->told)/
