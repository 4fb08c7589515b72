# promise: an end takes a passed socket of its own kind only, UDP or TCP (adit.8, Sockets of systemd)
# file: src/net/passed.c
# test: unit/test_passed
/^passed_is_there(/,/^}/ s/if (s->stream != w->stream ||/if (s->stream > true ||/
