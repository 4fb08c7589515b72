# promise: a look-up of a route that failed is no change (route_message.h)
# file: src/wire/route_message.c
# test: unit/test_route_message
/^	case BSD_MISS:$/d
