# promise: an end that waits for its address listens when the machine gets it (adit.8 key bind-later)
# file: src/tunnel/bind_later.c
# test: sim/test_bind_later
/^bind_changed(/,/^}/ s/bind_attempt(b);/;/
