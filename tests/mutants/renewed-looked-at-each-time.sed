# promise: files are looked at every 10 s at most (tunnel/credentials.h)
# file: src/tunnel/credentials.c
# test: sim/test_renew
s/now_ms - c->looked_ms < CREDENTIALS_LOOK_MS/now_ms < c->looked_ms/
