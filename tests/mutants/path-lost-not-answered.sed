# promise: long packets that were lost during a search are answered (NOTES of tunnel/tun_path.h)
# file: src/tunnel/tun_path.c
# test: sim/test_tun_black_hole
s/if (l->room < before)/if (l->room > before)/
