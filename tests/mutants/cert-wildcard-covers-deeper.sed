# promise: a wildcard in a certificate is for one label, no more (wire/cert.h, RFC 6125 6.4.3)
# file: src/wire/cert_names.c
# test: unit/test_tls_pem
/^dns_match(/,/^}/ s/return rest == len - 1 && text_same_nocase_n(pattern + 1, dot, rest);/return rest >= len - 1 \&\& text_same_nocase_n(pattern + 1, dot + rest - (len - 1), len - 1);/
