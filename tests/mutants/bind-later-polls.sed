# promise: an end that waits for its address does not wake up where the system reports new addresses (tunnel/bind_later.h)
# file: src/tunnel/bind_later.c
# test: sim/test_bind_later
/^bind_pause(/,/^}/ s/route_watch_is_told(&b->routes)/false/
