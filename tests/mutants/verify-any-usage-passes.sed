# promise: anyExtendedKeyUsage does not permit the use for TLS, as OpenSSL has it (adit.8 TLS)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains
/^leaf_fault(/,/^}/ s/(leaf->ext_usage & wanted_usage(v)) == 0/(leaf->ext_usage \& (wanted_usage(v) | CERT_ANY_USAGE)) == 0/
