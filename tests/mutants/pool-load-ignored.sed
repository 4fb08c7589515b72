# promise: a connection that does not get rid of what it has gets no more (README; DESIGN.md "The way of one datagram" 5)
# file: src/tunnel/pool.c
# test: sim/test_stall
/^pool_pick(/,/^}/ {
/if (room >= n && (best == NULL ||/ {
N
s/.*/		if (room >= n \&\& best == NULL)/
}
}
