# promise: while packets of a device wait, the socket holds few bytes that were not sent (NEWS; net/ahead.h)
# file: src/tunnel/framed.c
# test: sim/test_tun_queue
/^framed_put(/,/^}/ s/c->stream.brief = l->fair != NULL;/c->stream.brief = false;/
