# promise: wrong key and unknown identity are told apart in the log of the server (dtls.h)
# file: src/wire/dtls_why.c
# test: sim/test_dtls_wrong
/^dtls_key_fault(/,/^}/ s/h->unknown ?/h->bad ?/
