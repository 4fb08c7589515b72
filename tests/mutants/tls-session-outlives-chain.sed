# promise: a TLS session is good for no longer than the certificates that were shown, until the first of the chain expires (adit.8 TLS; until_s in wire/tls_verify.h)
# file: src/wire/tls_verify.c
# test: unit/test_tls_verify
/^end_cert(/,/^}/ s/if (c.not_after_s < v->until_s)/if (v->depth == 0)/
