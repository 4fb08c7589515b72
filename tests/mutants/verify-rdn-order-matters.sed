# promise: attributes of an RDN are compared in any order (X.501 9.3, wire/cert_limits.c)
# file: src/wire/cert_limits.c
# test: unit/test_chains
/^rdn_has_fit(/,/^}/ s/		if (one == FIT_INSIDE)/		if (one == FIT_INSIDE || one == FIT_OUTSIDE)/
