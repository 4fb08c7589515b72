# promise: the address of a name goes to a client without name after ten minutes of silence, not before (adit.8 TUN DEVICES; NOTES of tunnel/tun_table.h)
# file: src/tunnel/tun_table.c
# test: unit/test_tun_table
/^tun_entry_may_leave(/,/^}/ s/limit_ms = TUN_TABLE_NAMED_MS/limit_ms = TUN_TABLE_ALIVE_MS/
