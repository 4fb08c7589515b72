# promise: a program that does not end within its time is killed (hook.h)
# file: src/net/hook.c
# test: sim/test_hook
s/^		rights_hook_kill(&h->process);$/		;/
