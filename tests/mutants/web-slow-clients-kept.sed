# promise: of more than 16 connections the oldest that has not asked is closed (adit.8 STATUS ON THE WEB)
# file: src/daemon/web.c
# test: sim/test_web
s/	if (web->n_conns == WEB_CONNECTIONS)/	if (web->n_conns == WEB_CONNECTIONS) {\
		free(c);\
		sock_close(fd);\
		return false;\
	}\
	if (web->n_conns > WEB_CONNECTIONS)/
