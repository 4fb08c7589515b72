# promise: what a connection with a lowered MSS is given stalls for 1 s only, until it is known to help (adit.8 key mss)
# file: src/tunnel/redial.c
# test: sim/test_tun_stalls
/^redial_is_tried(/,/^}/ s/return c->mss != 0/return c->mss > 32767/
