# promise: text of others is quoted in messages, so that it cannot begin a line of its own (text_add_quoted() in base/text.h)
# file: src/base/text.c
# test: unit/test_text
/^text_add_quoted(/,/^}/ s/p\[i\] >= ' ' &&/p[i] >= '\\t' \&\&/
