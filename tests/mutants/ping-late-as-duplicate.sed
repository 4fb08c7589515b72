# promise: ping tells datagrams that came back out of order from those that came twice (adit.8 adit ping; ping_window_add() in cmd/ping_stats.h)
# file: src/cmd/ping_stats.c
# test: unit/test_ping_stats
/^ping_window_add(/,/^}/ s/window_clear(w, w->next, sequence + 1);/window_clear(w, w->next + 1, sequence + 1);/
