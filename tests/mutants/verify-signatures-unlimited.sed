# promise: the number of signatures that are checked for one peer is limited (wire/tls_verify.h)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains_hostile
/^check_signature(/,/^}/ s/v->checks--;/v->checks -= v->checks > 1;/
