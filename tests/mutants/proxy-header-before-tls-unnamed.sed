# promise: a PROXY header where TLS should begin is named (wire/stream_look.h)
# file: src/wire/stream_look.c
# test: sim/test_proxy_protocol
s/{ "PROXY ", 6, 5, proxy }/{ "PROXY ", 6, 6, proxy }/
