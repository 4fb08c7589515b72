# promise: a literal ::ffff:a.b.c.d is the IPv4 address to send to (base/addr.h)
# file: src/base/addr.c
# test: unit/test_addr
/^addr_of_literal(/,/^}/ s/^	addr_unmap(a);//
