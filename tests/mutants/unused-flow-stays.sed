# promise: a flow without a verified name that has carried nothing ends after a minute (adit.8 idle)
# file: src/tunnel/flow_time.c
# test: sim/test_share
s/^	if (f->passed\[LEFT\] + f->passed\[RIGHT\] == 0 &&/	if (f->dead \&\& f->passed[LEFT] + f->passed[RIGHT] == 0 \&\&/
