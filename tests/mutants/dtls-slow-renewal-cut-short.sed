# promise: a replacement on a slow path has time enough (tunnel/dtls_renewal.h)
# file: src/tunnel/dtls_renewal.c
# test: sim/test_dtls_ports
s/^	\.heard = renewal_next_heard,/	.heard = 0 ? renewal_next_heard : NULL,/
