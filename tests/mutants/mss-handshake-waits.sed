# promise: where TCP connects but TLS stalls, the next attempt has a lower MSS (tunnel/mss.h)
# file: src/tunnel/pool_mss.c
# test: sim/test_slow_server
/^pool_mss_handshake_stalls(/,/^}/ s/return stall_is_of_handshake(s)/return stall_is_of_handshake(s) \&\& s->up/
