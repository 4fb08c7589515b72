# promise: after the burst of a limited log line one is written in 10 s, until a window held back none (log_limited() in base/log.h)
# file: src/base/log.c
# test: unit/test_log
/^log_limited(/,/^}/ s/limit->held > 0 ? LIMIT_BURST - 1 : 0/0/
