# promise: a session has at most 512 connections (adit.8 tcp-listen)
# file: src/tunnel/end_pool_listen.c
# test: sim/test_strangers
s/SESSION_CONNS = 512/SESSION_CONNS = 5120/
