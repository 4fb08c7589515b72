# promise: a pure ACK, FIN or SYN with ACK asks for nothing (NOTES of wire/ip_ask.h)
# file: src/wire/ip_ask.c
# test: unit/test_ip_ask
s/n > header ? IP_ASKS : IP_ASKS_NOT/n > 0 ? IP_ASKS : IP_ASKS_NOT/
