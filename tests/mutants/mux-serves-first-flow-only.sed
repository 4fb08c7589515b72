# promise: flows on one uott connection take turns, so that one which sends too much delays the others by little (adit.8 ENDS, NOTES of tunnel/uott_mux.h)
# file: src/tunnel/uott_mux.c
# test: sim/test_uott
/^mux_drain(/,/^}/ {
/list_remove(&l->waiting);/d
/list_add(&c->waiting, &l->waiting);/d
}
