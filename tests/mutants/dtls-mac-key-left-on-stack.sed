# promise: keys of MACs do not stay on the stack (NOTES of wire/dtls_record.c)
# file: src/wire/dtls_record.c
# test: unit/test_dtls_wiped
/explicit_bzero(&mac, sizeof(mac));/d
