# promise: no packet joins a run that began before a fragment, which may be of its flow (wire/coalesce.h)
# file: src/wire/coalesce.c
# test: unit/test_coalesce
s/if (l.kind == KIND_UNKNOWN)/if (l.kind == KIND_UNKNOWN \&\& n == 0)/
