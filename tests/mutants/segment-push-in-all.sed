# promise: PSH and FIN are those of the last packet of a super-packet (wire/segment.h)
# file: src/wire/segment.c
# test: unit/test_segment
s/if (!last)/if (!last \&\& s->n == 0)/
