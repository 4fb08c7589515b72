# promise: a path is asked again only while long packets are sent (NOTES of tunnel/tun_path.h)
# file: src/wire/path_mtu.c
# test: sim/test_tun_black_hole
s/else if (n > PATH_MTU_LEAST)/else/
