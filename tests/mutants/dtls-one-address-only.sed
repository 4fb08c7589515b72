# promise: a silent server's other addresses are tried (tunnel/dtls_renewal.h)
# file: src/tunnel/dtls_renewal.c
# test: sim/test_dtls_servers
/^renewal_order(/,/^}/ s/at = n - r->failures % n;/at = n;/
