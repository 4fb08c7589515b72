# promise: text that is not UTF-8 is refused where a name of its type is excluded (wire/cert_limits.h)
# file: src/wire/cert_limits.c
# test: unit/test_chains
/^attribute_fit(/,/^}/ s/		return FIT_UNKNOWN;$/		return FIT_OUTSIDE;/
