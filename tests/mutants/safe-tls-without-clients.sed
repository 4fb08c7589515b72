# promise: TLS without client certificates is not enough before a device (safe.h)
# file: src/tunnel/safe.c
# test: unit/test_safe
s/(protection == TLS && left->settings.cafile != NULL))/protection == TLS)/
