# promise: a name that is gone from a file of keys loses its flows (adit.8 RELOAD)
# file: src/tunnel/end_dtls_listen.c
# test: sim/test_renew
s/if (assoc_is_gone(a))/if (a->freed)/
