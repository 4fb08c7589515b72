# promise: a conversation that is new is served before those with a queue (tunnel/fair.h; RFC 8290 4.2)
# file: src/tunnel/fair.c
# test: unit/test_fair
/^fair_put(/,/^}/ s/list_add(&f->fresh, &flow->link)/list_add(\&f->old, \&flow->link)/
