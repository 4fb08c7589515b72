# promise: one percent sign is nothing that Windows would replace (base/command_line.h)
# file: src/base/command_line.c
# test: unit/test_command_line
s/return first != NULL \&\& .*/return first != NULL;/
