# promise: lines about clients that are connected are rate limited (tunnel/uott_client.c)
# file: src/tunnel/uott_client.c
# test: sim/test_told_up
/^client_log_up(/,/^}/ s/log_limited(&e->up_limit,/log_limited(\&(struct log_limit){ 0 },/
