# promise: uott neither looks nor dials while it has no flows (NOTES of end_uott_dial.c)
# file: src/tunnel/end_uott_dial.c
# test: sim/test_uott
/^caller_look(/,/^}/ s/ || list_empty(&e->legs))/)/
