# promise: a datagram that did not fit into its slot is counted and dropped (udp_receive() in net/udp.h)
# file: src/net/udp_mmsg.c
# test: unit/test_udp_cut
/^mmsg_take(/,/^}/ {
/u->lost.truncated++;/ {
n
d
}
}
