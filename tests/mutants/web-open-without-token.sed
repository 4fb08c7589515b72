# promise: off loopback the status needs a token (adit.8 STATUS ON THE WEB)
# file: src/daemon/web_access.c
# test: unit/test_web_access
s/if (!addr_is_loopback(&at) && s->token == NULL)/if (addr_is_any(\&at) \&\& s->token == NULL)/
