# promise: two servers do not ask each other for ever (comment in right_send())
# file: src/tunnel/end_tun_right.c
# test: sim/test_tun_asked
/^right_send(/,/^}/ s/if (whole > 0 || right_leg_is_found(l))/if (some > 0)/
