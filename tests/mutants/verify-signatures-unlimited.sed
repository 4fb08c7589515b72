# promise: the work for the signatures that one peer shows is limited (wire/tls_verify.h)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains_hostile
/^check_signature(/,/^}/ s/if (work > s->v->work)/if (work > s->v->work + 1000)/
