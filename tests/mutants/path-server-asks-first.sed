# promise: a server asks a client only when it sends a long packet to it (NOTES of tunnel/tun_path.h)
# file: src/tunnel/tun_path.c
# test: sim/test_tun_black_hole
s/!dev->asks_path || dev->end.side == RIGHT/!dev->asks_path/
