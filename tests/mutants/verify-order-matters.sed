# promise: the certificates of a peer may be in any order (RFC 8446 4.4.2, wire/tls_verify.h)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains
/^path_try_issuers(/,/^}/ s/for (i = 1; i < s->v->num; i++)/for (i = s->len; i < s->v->num \&\& i == s->len; i++)/
