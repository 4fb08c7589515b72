# promise: a TLS connection is over when its last alert is sent (stream_advance())
# file: src/net/stream.c
# test: sim/test_half_close
/stream_out_mark(s);/{
n
n
s/stream_flush(s)/stream_out_send(s)/
}
