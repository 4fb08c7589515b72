# promise: an address stays with its name for ten minutes when its flow ends (adit.8 TUN DEVICES)
# file: src/tunnel/tun_table.c
# test: unit/test_tun_table
/^tun_owner_release(/,/^}/ s/if (o->name == NULL)/if (o->n > 0)/
