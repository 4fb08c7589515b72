# promise: a heartbeat whose payload is not there is discarded (NOTES of wire/dtls_heartbeat.h)
# file: src/wire/dtls_heartbeat.c
# test: unit/test_dtls_heartbeat
s/if (in.bad || in.len < DTLS_HEARTBEAT_PADDING)/if (in.bad)/
