# promise: at most 32 flows of an end make a new association at the same time (adit.8 DTLS)
# file: src/tunnel/turns.c
# test: unit/test_turns
/^turns_due(/,/^}/ s/t->at_work < t->most \&\&/true \&\&/
