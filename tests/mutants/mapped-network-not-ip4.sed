# promise: a network in ::ffff:0:0/96 is that of IPv4 (addr_parse_prefix() in base/addr.h)
# file: src/base/addr.c
# test: unit/test_nets
/^addr_parse_prefix(/,/^}/ s/^	addr_unmap(&tmp);//
