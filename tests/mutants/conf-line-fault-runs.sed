# promise: a tunnel whose section has an unreadable line is faulty (setup.h)
# file: src/daemon/setup.c
# test: unit/test_setup
s/if (s->tunnels\[i\].section == section)/if (s->tunnels[i].section == NULL)/
