# promise: no fault of a configuration file shows a line, which may be secret
# file: src/daemon/conf.c
# test: unit/test_conf
s/faults_add(&c->faults, r->file, r->line, "%s%s", why,/faults_add(\&c->faults, r->file, r->line, "%s: %s%s", line, why,/
