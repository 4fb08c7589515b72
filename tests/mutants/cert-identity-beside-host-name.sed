# promise: a common name beside a DNS name or address is not the identity, even if that cannot be used (wire/cert.h)
# file: src/wire/cert_names.c
# test: unit/test_chains
/^cert_identity(/,/^}/ s/	if (cert_has_host_name(c))/	if (cert_has_host_name(c) \&\& size == 0)/
