# promise: the programs of an owner keep their order (hook.h)
# file: src/net/hook.c
# test: sim/test_hook
s/!h->running && !hook_has_earlier(h) &&/!h->running \&\&/
