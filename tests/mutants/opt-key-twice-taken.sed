# promise: a key that is given twice in a spec is an error (opt_spec(), base/opt.h)
# file: src/base/opt.c
# test: unit/test_opt
/^note_key(/,/^}/ s/return true;/return false;/
