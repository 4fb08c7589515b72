# promise: what is left of a super-packet after the batches of a turn is passed on, as the system does not report it again (tun_receive_left())
# file: src/tunnel/tun_dev.c
# test: sim/test_tun_offload
/^	while ((left = tun_receive_left/ s/while (/while (false \&\& /
