# promise: a fault in [daemon] keeps all tunnels from running (adit.conf.5)
# file: src/daemon/section.c
# test: unit/test_setup
s/r->setup->process_faulty = true;/r->setup->process_faulty = false;/
