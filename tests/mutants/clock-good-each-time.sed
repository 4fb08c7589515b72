# promise: the last good time is written at most once a day (adit.8, The clock)
# file: src/net/clock_floor.c
# test: unit/test_clock_floor
/^clock_floor_good(/,/^}/ s/now_s < f->written_s + FLOOR_WRITE_S/now_s < f->written_s/
