# promise: an association follows the NEWEST authentic record to another address, not one that was late (adit.8 DTLS, DESIGN.md Rules)
# file: src/tunnel/dtls_assoc.c
# test: sim/test_dtls_roam
/^dtls_assoc_read(/,/^}/ s/if (reading.input.newest)/if (!a->freed)/
