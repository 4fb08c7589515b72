# promise: a TLS key that others may read is refused (adit.8 key key)
# file: src/tunnel/credentials.c
# test: sim/test_mistakes
s/file_is_private(key_path) == 0/file_is_private(key_path) == 2/
