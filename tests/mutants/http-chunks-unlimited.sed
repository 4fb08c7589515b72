# promise: of a URL 1 MiB is read, and the body may have max_body bytes, in chunks too (adit.8 IP PACKETS IN UDP; http_begin() in wire/http.h)
# file: src/wire/http.c
# test: unit/test_http
/^body_fits(/,/^}/ s/if (n <= h->max_body - h->body)/if (n <= h->max_body)/
