# promise: no certificate is lost where a line break between two blocks is missing (NOTES of wire/pem_text.h)
# file: src/wire/pem_text.c
# test: unit/test_tls_pem
/^cut_at_fence(/,/^}/ s/if (at > text)/if (at == NULL)/
