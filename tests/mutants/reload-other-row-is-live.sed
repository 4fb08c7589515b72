# promise: a tunnel whose other settings change starts again (tunnel/plan.h)
# file: src/tunnel/plan.c
# test: unit/test_plan
s/d.fixed == 0 ? PLAN_LIVE/d.fixed < 9 ? PLAN_LIVE/
