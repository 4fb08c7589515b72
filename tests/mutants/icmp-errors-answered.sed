# promise: an ICMP error is never answered by an ICMP error (wire/ip.h, RFC 1122 3.2.2)
# file: src/wire/ip_answer.c
# test: unit/test_ip_answer
/^icmp_is_query(/,/^}/ s/return type == ICMP4_ECHO ||/return type < ICMP4_TIMESTAMP ||/
