# promise: a peer with a different protocol is named within seconds (wire/stream_look.h)
# file: src/tunnel/framed.c
# test: sim/test_mismatch
/^framed_check_first(/,/^}/ s/^	    stream_look(p, n);/	    n == 0 ? stream_look(p, n) : NULL;/
