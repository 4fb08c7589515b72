# promise: a datagram that waits for the reply to the one before is not delayed (net/moderation.h)
# file: src/net/moderation.c
# test: unit/test_loop
/^moderation_is_due(/,/^}/ s/m->passed >= passed/m->passed + passed >= passed/
