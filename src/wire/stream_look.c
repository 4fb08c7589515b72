/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Recognises a few protocols by their first bytes.
 *
 * NOTES.  TLS: a record with a ClientHello or ServerHello, whose first message
 * byte is 1 or 2 and whose length has a first byte 0; or an alert.
 */

#include "compat.h"

#include "wire/stream_look.h"

enum {
	LOOK_TLS = 6,		/* bytes for TLS */
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_MAJOR = 3,
};

const char stream_look_tls[] = "the peer speaks TLS, and this end does not; "
    "use TLS on both sides, or on neither";

static bool
looks_like_tls(const uint8_t *p, size_t n)
{
	if (n < LOOK_TLS || p[1] != TLS_MAJOR || p[2] > 4 ||
	    (p[5] != 1 && p[5] != 2))
		return false;
	if (p[0] == TLS_ALERT)
		return p[3] == 0 && p[4] == 2;
	return p[0] == TLS_HANDSHAKE && p[3] < 64 &&
	    (n < LOOK_TLS + 1 || p[6] == 0);
}

const char *
stream_look(const uint8_t *p, size_t n)
{
	static const struct {
		const char *begin, *says;
	} looks[] = {
		{ "HTTP/", "an answer of a web server (HTTP) came; is this "
		    "the right port?" },
		{ "SSH-", "an SSH server is at that port" },
		{ "UOTT", "the peer speaks uott, and this end does not; use "
		    "it on both sides, or on neither" },
	};
	size_t i, len;

	if (looks_like_tls(p, n))
		return stream_look_tls;
	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		len = strlen(looks[i].begin);
		if (n >= len && memcmp(p, looks[i].begin, len) == 0)
			return looks[i].says;
	}
	return NULL;
}
