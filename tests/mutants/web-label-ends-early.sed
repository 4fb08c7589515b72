# promise: no byte of a label ends it (src/base/escape.h)
# file: src/base/escape.c
# test: unit/test_escape
s/c == '"' ? "\\\\\\"" :/c == 0 ? "" :/
