# promise: a PROXY header that nobody expects is no session identifier (tcp-listen)
# file: src/tunnel/end_pool_listen.c
# test: sim/test_proxy_protocol
s/if (fault != NULL) {/if (fault == (const char *)a) {/
