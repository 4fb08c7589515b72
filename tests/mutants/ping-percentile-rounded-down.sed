# promise: a percentile of ping is the round trip that so many per cent did not exceed (ping_hist_percentile() in cmd/ping_stats.h)
# file: src/cmd/ping_stats.c
# test: unit/test_ping_stats
/^ping_hist_percentile(/,/^}/ s/ \* percent + 99) \/ 100/ * percent) \/ 100/
