# promise: two echoes that somebody has made to send to each other fall silent (adit.8 adit echo, cmd/echo_loop.h)
# file: src/cmd/echo_loop.c
# test: unit/test_echo_loop
/^echo_loop_refuse(/,/^}/ s/	if (++l->slot\[i\].n < ECHO_LOOP_MOST)/	if (++l->slot[i].n > 0)/
