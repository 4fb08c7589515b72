# promise: the status is not served under a name that is not ours, so that DNS rebinding makes no origin (adit.8 STATUS ON THE WEB)
# file: src/daemon/web_access.c
# test: unit/test_web_access
s/	if (addr_of_literal(&literal, hp.host, local->port) != 0)/&\
		return true;\
	if (local == NULL)/
