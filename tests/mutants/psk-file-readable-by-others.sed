# promise: a file of keys that others may read is refused (adit.8 key psk-file)
# file: src/tunnel/dtls_psk.c
# test: sim/test_mistakes
s/file_is_private(path) == 0/file_is_private(path) == 2/
