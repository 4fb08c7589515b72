# promise: redirects from https to http are not followed without no-name-check, also when the URL began with http (NOTES of net/fetch.h; adit.8 key no-name-check)
# file: src/net/fetch.c
# test: sim/test_fetch
/^fetch_connect(/,/^}/ s/f->secure = f->secure || f->url.https;/f->secure = f->from.https;/
