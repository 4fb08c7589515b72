# promise: a tunnel whose other settings change starts again (tunnel/plan_compare.h)
# file: src/tunnel/plan_compare.c
# test: unit/test_plan
s/d.fixed == 0 ? PLAN_LIVE/d.fixed < 9 ? PLAN_LIVE/
