# promise: a connection is made again after 0.1 seconds at first and then less often, up to backoff (adit.8 ENDS, key backoff; NOTES of tunnel/redial.h)
# file: src/tunnel/redial.c
# test: unit/test_redial
/^redial_later(/,/^}/ s/c->pause_ms = pause \* 2 < most ? pause \* 2 : most;/c->pause_ms = pause < most ? pause : most;/
