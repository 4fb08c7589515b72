# promise: what comes along is a socket of the right type (NOTES of net/monitor.h)
# file: src/net/monitor_posix.c
# test: unit/test_monitor
/^serve_bind(/,/^}/ s/ || type != wanted ||/ ||/
