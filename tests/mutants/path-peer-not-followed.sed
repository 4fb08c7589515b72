# promise: a peer that searches is followed (NOTES of tunnel/tun_path.h)
# file: src/tunnel/tun_path.c
# test: sim/test_tun_black_hole
s/if (dev->asks_path && l->answers/if (false \&\& l->answers/
