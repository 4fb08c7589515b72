# promise: a request with two Hosts is refused (src/wire/http_request.h)
# file: src/wire/http_request.c
# test: unit/test_http_request
s/		if (\*has_host)/		if (*has_host \&\& r->http10)/
