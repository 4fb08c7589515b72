# promise: a tunnel that drains begins no flow (adit.8, SIGNALS)
# file: src/tunnel/flow_admit.c
# test: sim/test_drain
/^refuse_full(/,/^}/ s/if (t->draining)/if (t->draining \&\& t->stopping)/
