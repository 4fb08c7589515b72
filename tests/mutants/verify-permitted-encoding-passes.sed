# promise: text that is not UTF-8 is permitted only where it is the same bytes (wire/cert_limits.h)
# file: src/wire/cert_limits.c
# test: unit/test_chains
/^attribute_fit(/,/^}/ s/!type_is_utf8(tag_x) ||/false \&\& !type_is_utf8(tag_x) ||/
