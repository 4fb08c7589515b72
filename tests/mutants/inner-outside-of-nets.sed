# promise: without inner-file nobody sends from outside the networks of addr (adit.8 TUN DEVICES)
# file: src/tunnel/tun_right_source.c
# test: sim/test_tun_names
s/!e->nets\[src->family == 6\] || right_is_in_nets/!e->nets[src->family == 6] || !right_is_in_nets/
