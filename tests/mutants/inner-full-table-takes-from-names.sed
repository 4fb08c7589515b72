# promise: in a full table a name that is there keeps its addresses (NOTES of tunnel/tun_table.h)
# file: src/tunnel/tun_table.c
# test: unit/test_tun_table
/^tun_entry_may_go(/,/^}/ s/return e->owner == NULL \&\& tun_entry_may_leave/return tun_entry_may_leave/
