# promise: several readers of pages go on where they were, each at once (tunnel/peer_set.h)
# file: src/tunnel/peer_set.c
# test: unit/test_status
s/mark->at = l;/p->marks[0].at = l;/
