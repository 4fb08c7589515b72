# promise: what was accepted while the clock was wrong is judged again when it is set (adit.8, The clock)
# file: src/net/clock_floor.c
# test: sim/test_clock
/^floor_judge(/,/^}/ s/if (j->until_s < now_s)/if (j->until_s < 0)/
