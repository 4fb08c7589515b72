# promise: a file in /etc does not overrule a clock that may be right (adit.8, The clock)
# file: src/net/clock_floor.c
# test: unit/test_clock_floor
/^clock_floor_start(/,/^}/ s/if (clock_wall_s() < f->least_s)/if (clock_wall_s() >= 0)/
