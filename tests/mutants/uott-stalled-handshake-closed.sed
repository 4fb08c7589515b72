# promise: the first handshake of uott that stalls goes on until its time-out (NOTES of tunnel/uott_dial.h)
# file: src/tunnel/uott_conn.c
# test: sim/test_slow_server
/^call_conn_slow(/,/^}/ s/^	if (k == e->conn) {/	if (k == e->beside \&\& !framed_is_up(\&e->conn->mux.framed)) { uott_conn_swap(e); }&/
