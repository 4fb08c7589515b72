# promise: a cookie is good for the address that it was sent to, and for no other (wire/dtls_cookie.h, RFC 6347 4.2.1)
# file: src/wire/dtls_cookie.c
# test: unit/test_dtls_cookie
/^cookies_make(/,/^}/ {
/br_hmac_update(&mac, peer, peer_len);/d
}
