# promise: the delay of retransmissions doubles, so that they are no storm (adit-protocols.7)
# file: src/wire/dtls_flight.c
# test: unit/test_dtls_flight
/^dtls_flight_expire(/,/^}/ s/2 \* h->wait_ms < most_ms ? 2 \* h->wait_ms : most_ms/h->first_ms/
