# promise: a HelloVerifyRequest has the message_seq of the ClientHello that it answers (adit-protocols.7)
# file: src/wire/dtls_cookie.c
# test: unit/test_dtls_cookie
/^dtls_cookies_demand(/,/^}/ s/s\.message_seq/0/
