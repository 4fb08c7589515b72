# promise: an association follows the NEWEST authentic record to another address, not one that was late (adit.8 DTLS, DESIGN.md Rules)
# file: src/tunnel/end_dtls_listen.c
# test: sim/test_dtls_roam
/^assoc_run_read(/,/^}/ s/if (reading.input.newest)/if (!a->freed)/
