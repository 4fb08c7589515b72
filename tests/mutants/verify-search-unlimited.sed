# promise: the number of certificates that are tried in a path is limited (wire/tls_verify.h)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains_hostile
/^path_check_limits(/,/^}/ s/s->v->tried < VERIFY_TRIED_MAX/s->v->tried < VERIFY_TRIED_MAX * 9/
