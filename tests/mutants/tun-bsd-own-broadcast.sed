# promise: an address without peer is not its own broadcast address (src/net/tun_bsd.c)
# file: src/net/tun_bsd.c
# test: unit/test_bsd_tun
/^bsd_add_address4(/,/^}/ s/i < 4 && !point_to_point/i < 0/
