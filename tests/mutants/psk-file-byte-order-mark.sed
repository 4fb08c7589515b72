# promise: a byte order mark before a file of keys is no part of the first key (adit.8 key psk-file)
# file: src/tunnel/dtls_psk.c
# test: unit/test_dtls_psk
s|if (len >= 3|if (len > PSK_FILE_MAX|
