# promise: counters of a tunnel do not go back when a reload replaces it (adit-status.5)
# file: src/daemon/status.c
# test: unit/test_status
/^status_tunnel(/,/^}/ s/s->totals = m->kept.before;//
