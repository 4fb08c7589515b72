# promise: no more than 15 TLS records without data are sent in a row (adit.8 Keys of tls)
# file: src/net/stream_out.c
# test: sim/test_keepalive
s/s->beats < TLS_BEATS_MAX/s->beats < UINT_MAX/
