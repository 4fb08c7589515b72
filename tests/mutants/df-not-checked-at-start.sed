# promise: a system that does not let programs choose df says so at the start (adit.8 key df)
# file: src/tunnel/bind.c
# test: sim/test_df
/^bind_check_df(/,/^}/ s/s->df == UDP_DF_AUTO ||/s->df != UDP_DF_AUTO ||/
