# promise: each wrong key of a spec is reported (opt_spec(), base/opt.h)
# file: src/base/opt.c
# test: unit/test_opt
s/^		result = -1;$/		return -1;/
