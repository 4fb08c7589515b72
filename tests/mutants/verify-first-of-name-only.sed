# promise: a path is searched beyond the first certificate with the name of the issuer (wire/tls_verify_path.c)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains
/^path_try_issuers(/,/^}/ s/	beyond->shown = true;/	if (beyond->shown)\
			return false;\
		beyond->shown = true;/
