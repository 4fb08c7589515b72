# promise: a path is asked again only while long packets are sent (NOTES of tunnel/tun_path.h)
# file: src/wire/path_mtu.c
# test: sim/test_tun_black_hole
s/if (n <= PATH_MTU_LEAST && !path_is_raised/if (n == 0 \&\& !path_is_raised/
