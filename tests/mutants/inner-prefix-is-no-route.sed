# promise: with inner-file a client is reached that has sent nothing (adit.8 TUN DEVICES)
# file: src/tunnel/end_tun_right.c
# test: sim/test_tun_names
s/tun_name_newest(entry->whose);/NULL;/
