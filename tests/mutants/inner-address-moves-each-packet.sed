# promise: an address that two flows of one name use moves at most each 10 s (adit.8 TUN DEVICES)
# file: src/tunnel/tun_table.c
# test: unit/test_tun_table
s/^\t    now_ms - e->moved_ms >= TUN_TABLE_MOVE_MS;/\t    now_ms >= e->moved_ms;/
