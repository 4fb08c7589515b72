# promise: a lost connection of uott is dialled again while there are flows, else with the next one (NOTES of tunnel/uott_dial.h)
# file: src/tunnel/uott_dial.c
# test: sim/test_uott
/^caller_dial_now(/,/^}/ s/if (!list_empty(&e->legs))/if (e->conn != NULL)/
