# promise: a path on which nothing comes back is no black hole (NOTES of wire/black_hole.h)
# file: src/wire/black_hole.c
# test: unit/test_black_hole
s/h->back >= BLACK_HOLE_ALIVE/true/
