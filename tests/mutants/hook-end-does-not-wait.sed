# promise: programs are waited for at the end (hooks_finish())
# file: src/net/hook.c
# test: sim/test_hook
/^hooks_finish(struct hooks/,/^}/s/if (list_empty(&s->all))/if (true)/
