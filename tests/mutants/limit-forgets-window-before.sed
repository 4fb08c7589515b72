# promise: flows of the window before count as far as it is not yet that long ago (adit.8 --rate-limit, NOTES of tunnel/limit.h)
# file: src/tunnel/limit.c
# test: unit/test_limit
/^limit_turn(/,/^}/ s/e->before = e->window + 1 == window ? e->now : 0;/e->before = 0;/
