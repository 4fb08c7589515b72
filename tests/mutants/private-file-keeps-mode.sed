# promise: a file for a secret that was there already is closed to others before the secret is written (fopen_private() in compat/compat.h)
# file: compat/file_posix.c
# test: unit/test_compat
/^fopen_private(/,/^}/ s/S_ISREG(st.st_mode) &&/!S_ISREG(st.st_mode) \&\&/
