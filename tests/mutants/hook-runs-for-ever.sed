# promise: a program that does not end within its time is killed (hook.h)
# file: src/net/hook.c
# test: sim/test_hook
s/^		hook_backend_kill(&h->process);$/		;/
