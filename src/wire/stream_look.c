/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Recognises a few protocols by their first bytes.
 *
 * NOTES.  TLS: a record with a ClientHello or ServerHello, whose first message
 * byte is 1 or 2 and whose length has a first byte 0; or an alert.  GET counts
 * only where printable bytes follow it: a session identifier may begin so.
 */

#include "compat.h"

#include "wire/stream_look.h"

enum {
	LOOK_TLS = 6,		/* bytes for TLS, */
	LOOK_GET = 16,		/* and for a request */
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

static bool
looks_like_get(const uint8_t *p, size_t n)
{
	size_t i;

	if (n < LOOK_GET || memcmp(p, "GET ", 4) != 0)
		return false;
	for (i = 4; i < LOOK_GET; i++)
		if ((p[i] < ' ' || p[i] > '~') && p[i] != '\r' && p[i] != '\n')
			return false;
	return true;
}

const char *
stream_look(const uint8_t *p, size_t n)
{
	static const char proxy[] = "a proxy in front sends a PROXY header; "
	    "tcp-listen, tls-listen and uott-listen accept that with "
	    "proxy-protocol=ADDRESS";
	static const struct {
		const char *begin;
		size_t len;	/* bytes of it */
		size_t least;	/* that suffice while no more have come: the
				 * head of a record of TLS has 5 */
		const char *says;
	} looks[] = {
		{ "HTTP/", 5, 5, "an answer of a web server (HTTP) came; is "
		    "this the right port?" },
		{ "SSH-", 4, 4, "an SSH server is at that port" },
		{ "UOTT", 4, 4, "the peer speaks uott; use the same protocol "
		    "on both sides, with TLS or without" },
		{ "PROXY ", 6, 5, proxy },
		{ "\r\n\r\n\0\r\nQUIT\n", 12, 5, proxy },
	};
	size_t i;

	if (looks_like_tls(p, n))
		return stream_look_tls;
	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (n >= looks[i].least && memcmp(p, looks[i].begin,
		    n < looks[i].len ? n : looks[i].len) == 0)
			return looks[i].says;
	return looks_like_get(p, n) ? "an HTTP request came; this is no web "
	    "server" : NULL;
}
