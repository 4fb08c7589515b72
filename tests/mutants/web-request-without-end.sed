# promise: a request has 5 seconds (adit.8 STATUS ON THE WEB)
# file: src/daemon/web.c
# test: sim/test_web
s/WEB_REQUEST_MS = 5000,/WEB_REQUEST_MS = 50000,/
