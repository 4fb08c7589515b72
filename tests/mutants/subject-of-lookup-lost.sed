# promise: what a look-up logs has the subject of whoever began it (net/loop.h)
# file: src/net/resolve.c
# test: unit/test_subject
s/subject = loop_set_subject(loop, l->subject);/subject = loop_subject(loop);/
