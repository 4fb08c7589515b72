# promise: what is left of a line goes before the next (src/base/log_output.h)
# file: src/base/log_output.c
# test: unit/test_log_output
s/if (log_output_rest(o))/(void)log_output_rest(o);/
