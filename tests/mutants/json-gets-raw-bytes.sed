# promise: strings of any bytes are written as valid JSON (base/json_out.h)
# file: src/base/json_out.c
# test: unit/test_human
s/c >= 0xd800 && c <= 0xdfff/c == 0xd800/
s/c < least\[n\]/c < 1/
