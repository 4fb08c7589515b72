# promise: a cookie is good for 30 to 60 seconds, also when nobody came meanwhile (adit-protocols.7 DTLS, comment of cookies_change())
# file: src/wire/dtls_cookie.c
# test: unit/test_dtls_cookie
/^cookies_change(/,/^}/ s/c->before = steps == 1;/c->before = steps >= 1;/
