# promise: in a full table a flow that answers keeps the few addresses that it has (NOTES of tunnel/tun_table.h)
# file: src/tunnel/tun_table.c
# test: unit/test_tun_table
/^tun_entry_may_go(/,/^}/ s/e->owner->n > TUN_TABLE_FEW/e->owner->n > 0/
