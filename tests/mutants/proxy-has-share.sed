# promise: source-share does not limit the addresses of proxies (adit.8)
# file: src/tunnel/share.c
# test: unit/test_share
s/(proxies == NULL || !nets_have(proxies, a))/(proxies == NULL || a != NULL)/
