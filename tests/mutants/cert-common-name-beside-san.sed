# promise: a DNS name is looked for in the common name only where there is no subjectAltName (cert_is_for() in wire/cert.h)
# file: src/wire/cert_names.c
# test: unit/test_tls_verify
/^cert_is_for(/,/^}/ s/if (ip || c->alt_names.data != NULL)/if (ip)/
