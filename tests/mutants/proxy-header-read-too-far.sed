# promise: nothing behind a PROXY header is read with it (wire/proxy_header.h)
# file: src/wire/proxy_header.c
# test: unit/test_proxy_header
/p\[0\] == v1_begin\[0\]/{
n
s/return 1;/return 2;/
}
