# promise: long options may be shortened only as long as they stay unique (adit.8 DESCRIPTION; unique prefixes in base/opt.h)
# file: src/base/opt.c
# test: unit/test_opt
/^find_long(/,/^}/ s/if (n == 1 && name->len > 0)/if (n >= 1 \&\& name->len > 0)/
