# promise: a flow keeps at most four link-local addresses (adit.8 TUN DEVICES)
# file: src/tunnel/tun_table.c
# test: unit/test_tun_table
s/o->n - o->n_global >= TUN_TABLE_LOCAL_MAX/o->n >= TUN_TABLE_OWNER_MAX/
