# promise: once more than half of the flows are in use one address has at most its share (adit.8 source-share)
# file: src/tunnel/flow_admit.c
# test: sim/test_share
s/^		if (source_has_share(t, peer)) {/		if (source_has_share(t, peer) \&\& t->stopping) {/
