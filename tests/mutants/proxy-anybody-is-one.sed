# promise: a PROXY header is believed from the addresses of proxy-protocol only (adit.8)
# file: src/tunnel/proxied.c
# test: sim/test_proxy_protocol
s/if (!nets_have(p->end->proxies, from)) {/if (p->end->proxies->n == 0) {/
