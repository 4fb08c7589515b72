# promise: a check of a signature costs by its key (wire/cert_sign.h)
# file: src/wire/cert_sign.c
# test: unit/test_chains_hostile
/^cert_sign_work(/,/^}/ s/return key->key.ec.curve == BR_EC_secp521r1 ? 8 :/return key->key.ec.curve == 0 ? 8 :/
