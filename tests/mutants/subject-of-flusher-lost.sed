# promise: a flusher logs with the subject that was set at its mark (net/loop.h)
# file: src/net/loop.c
# test: unit/test_subject
/loop_set_subject(l, self.flusher->subject);/d
