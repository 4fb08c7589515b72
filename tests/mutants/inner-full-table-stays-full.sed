# promise: whoever has many addresses pays for a flow that comes, however busy these are (NOTES of tunnel/tun_table.h)
# file: src/tunnel/tun_table.c
# test: unit/test_tun_table
/^tun_entry_may_go(/,/^}/ s/tun_owner_count(o) < TUN_TABLE_FEW/tun_owner_count(o) > TUN_TABLE_MAX/
