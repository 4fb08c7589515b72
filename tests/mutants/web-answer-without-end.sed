# promise: each piece of an answer has 5 seconds to be taken (src/daemon/web.h)
# file: src/daemon/web.c
# test: sim/test_web
s/WEB_PIECE_MS = 5000,/WEB_PIECE_MS = 50000,/
