# promise: name constraints of a trust anchor hold (RFC 5280 4.2.1.10, wire/tls_verify.h)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains
/^path_check_names(/,/^}/ s/i <= s->len; i++/i < s->len; i++/
