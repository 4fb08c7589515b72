# promise: the privileged process opens what the configuration names, and nothing else (net/allow.h)
# file: src/net/allow.c
# test: unit/test_monitor
/^item_allows(/,/^}/ s/return i->kind == ALLOW_OPEN && strcmp(i->text, r->text) == 0;/return i->kind == ALLOW_OPEN;/
