# promise: of several nodes of an address the first is taken (NOTES of wire/hostmap.h)
# file: src/wire/hostmap.c
# test: unit/test_hostmap
/^node_compare(/,/^}/ s/a->order < b->order ? -1 : 1/a->order < b->order ? 1 : -1/
