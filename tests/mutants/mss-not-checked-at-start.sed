# promise: a system that does not let programs set the MSS says so at the start (adit.8 key mss)
# file: src/tunnel/bind.c
# test: sim/test_start
/^bind_check_mss(/,/^}/ s/s->tcp_mss == 0 ||/s->tcp_mss != 0 ||/
