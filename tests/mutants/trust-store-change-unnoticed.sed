# promise: a reload reads the system's trusted CAs anew (adit.8, FILES)
# file: src/tunnel/trust.c
# test: unit/test_trust
/^trust_is_same(/,/^}/ s/a->print == b->print \&\& /b->print != 0 \&\& /
