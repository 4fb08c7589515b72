# promise: with no-ipv6 IPv6 packets are dropped, both ways (adit.8 key no-ipv6)
# file: src/tunnel/end_ip_udp.c
# test: sim/test_ip_udp
s/e->no_ip6 = s->no_ip6;/e->no_ip6 = false;/
