# promise: only answers to rounds of the current step count (NOTES of wire/path_mtu.h)
# file: src/wire/path_mtu.c
# test: unit/test_path_mtu
s/ || number - p->first > p->number - p->first//
