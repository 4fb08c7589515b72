# promise: a path that is dead or lossy is no black hole (NOTES of wire/path_mtu.h)
# file: src/wire/path_mtu.c
# test: unit/test_path_mtu
s/if (!p->alive) {/if (!p->alive \&\& p->state == PATH_MTU_BASE) {/
