# promise: the token of the status is compared in all its bytes (adit.8 STATUS ON THE WEB)
# file: src/daemon/web_access.c
# test: unit/test_web_access
s/	good = strlen(given) == n && /	n = strlen(given) < n ? strlen(given) : n;\
	good = /
