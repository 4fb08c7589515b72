# promise: a key that is one for all proves no name: its clients may use no inner address (adit.8 Files of inner addresses, dtls_psk_proves() in tunnel/dtls_psk.h)
# file: src/tunnel/dtls_psk.c
# test: unit/test_dtls_psk
/^dtls_psk_proves(/,/^}/ s/return e != NULL && !e->any;/return e != NULL;/
