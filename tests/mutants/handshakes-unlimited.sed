# promise: a turn of the loop takes a few steps of TLS handshakes only, so that datagrams of others do not wait for them (comment of stream_shake_hands() in net/stream.c)
# file: src/net/stream.c
# test: unit/test_stream_handshakes
/^stream_shake_hands(/,/^}/ s/env->handshakes++;/env->handshakes = 0;/
