# promise: only the last datagram of a run may be shorter (net/udp_joined.h)
# file: src/net/udp_joined.c
# test: unit/test_udp
/^udp_run(/,/^}/ s/msg\[i - 1\]->d\.len < size/false/
