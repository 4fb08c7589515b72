# promise: costly steps of TLS handshakes are charged by the time that they take (comment of stream_shake_hands() in net/stream.c)
# file: src/net/stream.c
# test: unit/test_stream_handshakes
/^stream_shake_hands(/,/^}/ s/env->handshakes_us >= STREAM_HANDSHAKES_US/false/
