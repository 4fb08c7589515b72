# promise: only a peer that sent nothing is asked whether it uses the same protocol (framed.h)
# file: src/tunnel/framed.c
# test: sim/test_mismatch
/^framed_hint(/,/^}/ s/c->heard ||/!c->heard ||/
