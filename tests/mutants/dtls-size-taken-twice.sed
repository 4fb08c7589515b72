# promise: an answer about a size is taken once (dtls_take_size(), wire/dtls.h)
# file: src/wire/dtls_state.c
# test: unit/test_dtls_heartbeat
s/^	d->beat_size = 0;$/	(void)d;/
