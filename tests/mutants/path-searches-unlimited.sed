# promise: an end begins a limited number of searches in a second (NOTES of tunnel/tun_path.h)
# file: src/tunnel/tun_path.c
# test: sim/test_tun_black_hole
s/dev->searches++;//
