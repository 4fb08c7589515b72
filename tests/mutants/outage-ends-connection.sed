# promise: an outage of half a minute does not end a connection (src/net/tcp.h)
# file: src/net/tcp.c
# test: sim/test_outage
s/^	    TCP_USER_TIMEOUT_MS;/	    20000;/
