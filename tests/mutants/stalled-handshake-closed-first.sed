# promise: a stalled handshake goes on until its time-out, while others are dialled beside it (NOTES of tunnel/pool_places.h)
# file: src/tunnel/pool_places.c
# test: sim/test_slow_server
/^dialler_leg_make_place(/,/^}/ s/dialled_stop(last)/dialled_stop(first)/
