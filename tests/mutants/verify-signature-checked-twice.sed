# promise: the result of a check of a signature is remembered (wire/tls_verify_path.c)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains_hostile
/^check_signature(/,/^}/ s/	s->bad\[place\] |= bit;/	s->bad[place] |= 0;/
