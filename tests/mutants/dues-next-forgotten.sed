# promise: what is due after the first is called, too (tunnel/dues.h)
# file: src/tunnel/dues.c
# test: unit/test_dues
/^dues_take(/,/^}/ s/set_first(.*/(void)loop;/
