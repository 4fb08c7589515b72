# promise: uott neither looks nor dials while it has no flows (NOTES of tunnel/uott_dial.h)
# file: src/tunnel/uott_beside.c
# test: sim/test_uott
/^caller_look(/,/^}/ s/ || list_empty(&e->legs))/)/
