# promise: a DNS name is below another only at a dot (RFC 5280 4.2.1.10)
# file: src/wire/cert_limits.c
# test: unit/test_chains
/^dns_is_within(/,/^}/ s/tail\[-1\] != '.'/tail == NULL/
