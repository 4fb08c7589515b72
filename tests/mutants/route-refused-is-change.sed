# promise: a route that the system has refused is no change (route_message.h)
# file: src/wire/route_message.c
# test: unit/test_route_message
s/^	return error != 0;$/	return false;/
