# promise: a file in a folder where others make files may be a hard link, and is not opened (NOTES of path_trusted.h)
# file: compat/path_trusted.c
# test: unit/test_path_trusted
/^walk_file(/,/^}/ s/	if (w->sticky && w->trust != PATH_CONF)/	if (w->links > WALK_LINKS)/
/^walk_check_file(/,/^}/ s/ || w->sticky) && st->st_nlink/) \&\& st->st_nlink/
