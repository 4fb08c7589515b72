# promise: a name of a stranger brings no control characters to the terminal (daemon/status_table.h)
# file: src/daemon/status_table.c
# test: unit/test_status
/^line_add_safe(/,/^}/ s/\*s >= ' ' \&\& \*s < 0x7f/*s != '\\n'/
