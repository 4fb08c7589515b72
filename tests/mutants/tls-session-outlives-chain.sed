# promise: a TLS session is good for no longer than the certificates that were shown, until the first of the chain expires (adit.8 TLS; until_s in wire/tls_verify.h)
# file: src/wire/tls_verify_path.c
# test: unit/test_tls_verify
/^path_accept(/,/^}/ s/i < s->len; i++/i < 1; i++/
