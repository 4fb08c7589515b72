# promise: after a server has lost its sessions, it selects a suite of all again (NOTES of wire/tls.c)
# file: src/wire/tls.c
# test: unit/test_tls_sessions
/^keep_session(/,/^}/ s/r->one_suite = t->one_suite;/r->one_suite = false;/
