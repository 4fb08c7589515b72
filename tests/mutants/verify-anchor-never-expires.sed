# promise: a trust anchor is not good outside of its dates (wire/tls_verify.h)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains
/^path_accept(/,/^}/ s/^	fault = cert_fault(v, anchor,/	fault = VERIFY_OK; (void)cert_fault(v, anchor,/
