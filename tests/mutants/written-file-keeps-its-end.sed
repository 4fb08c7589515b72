# promise: a file that is written has nothing of what was there before (fopen_output() in compat/compat.h)
# file: compat/file_posix.c
# test: unit/test_folder
/^open_output(/,/^}/ s/O_TRUNC | //
