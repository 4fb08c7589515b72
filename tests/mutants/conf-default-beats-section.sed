# promise: a key of a section replaces that of [defaults] (adit.conf.5)
# file: src/daemon/setup.c
# test: unit/test_setup
s/ && section_find(r->section, key->name) == NULL)$/)/
