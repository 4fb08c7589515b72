# promise: backslashes before the last quote of an argument are doubled (base/command_line.h)
# file: src/base/command_line.c
# test: unit/test_command_line
s/add_backslashes(t, 2 \* backslashes)/add_backslashes(t, backslashes)/
