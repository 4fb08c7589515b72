# promise: what a tunnel logs when something is due has its name (tunnel/dues.h; net/loop.h)
# file: src/tunnel/dues.c
# test: unit/test_dues
/^dues_stop(/,/^}/ s/d->timer.subject = subject;/(void)subject;/
