# promise: the first retransmission comes early, so that 95 in 100 handshakes are done in 10 s where 30 in 100 datagrams are lost (adit-protocols.7)
# file: src/wire/dtls_flight.c
# test: unit/test_dtls_flight
/^dtls_flight_send_first(/,/^}/ s/h->wait_ms = h->first_ms;/h->wait_ms = 1000;/
