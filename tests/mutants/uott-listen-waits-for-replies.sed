# promise: a listening uott ends a connection that is silent for 20 s (src/tunnel/uott_mux.c)
# file: src/tunnel/uott_mux.c
# test: sim/test_tun_schedules
s/MUX_TIMEOUT_MS = 20000,/MUX_TIMEOUT_MS = 60000,/
