# promise: heartbeats are sent only where both hellos agreed to them (NOTES of wire/dtls_heartbeat.h)
# file: src/wire/dtls_state.c
# test: unit/test_dtls_heartbeat
s/ \&\& d->heartbeat == DTLS_HEARTBEAT_MAY)/)/
