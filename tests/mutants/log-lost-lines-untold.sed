# promise: lines that were lost are told of (src/base/log.h)
# file: src/base/log.c
# test: unit/test_log
s/if (o->lost > 0) {/if (false) {/
