# promise: who names a file of CAs trusts no others (adit.8, cafile)
# file: src/tunnel/trust.c
# test: unit/test_trust
/^trust_load_named(/,/^}/ s/from\.path == NULL/from.path != NULL/
