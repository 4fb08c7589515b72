# promise: a turn of the loop takes a few steps of TLS handshakes only, so that datagrams of others do not wait for them (comment of stream_spend_handshake() in net/stream.c)
# file: src/net/stream.c
# test: unit/test_stream_handshakes
s/return env->handshakes++ < STREAM_HANDSHAKES;/return env->handshakes++ < UINT_MAX;/
