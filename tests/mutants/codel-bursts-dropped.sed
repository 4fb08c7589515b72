# promise: a burst may wait for an interval without loss (wire/codel.h; RFC 8289 4.4)
# file: src/wire/codel.c
# test: unit/test_codel
/^codel_stands(/,/^}/ s/return now_us >= c->above_us;/return true;/
