# promise: DTLS record numbers that came before, or are 64 or more behind the newest, are dropped (adit-protocols.7 DTLS)
# file: src/wire/dtls_record.c
# test: unit/test_dtls_record
/^dtls_window_fresh(/,/^}/ s/return age < 64 && (w->seen/return age >= 64 || (w->seen/
