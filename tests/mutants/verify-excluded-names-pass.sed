# promise: names that a CA excludes are refused (RFC 5280 4.2.1.10, wire/cert_limits.h)
# file: src/wire/cert_limits.c
# test: unit/test_chains
/^limit_one(/,/^}/ s/in == FIT_INSIDE || //
