# promise: a configuration with a fault leaves the list as it was (net/monitor.h)
# file: src/net/monitor_posix.c
# test: unit/test_monitor
/^monitor_read(/,/^}/ s/		allow_free(&fresh);/		allow_free(\&monitor.allow);/
