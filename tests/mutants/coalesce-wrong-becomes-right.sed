# promise: a packet with a wrong checksum is not joined, as a super-packet has none and the kernel would write a right one (wire/coalesce.h)
# file: src/wire/coalesce.c
# test: unit/test_coalesce
s/|| !look_is_right(l))/)/
