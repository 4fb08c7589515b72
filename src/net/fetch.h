/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Small files from the web: GET by http and https, asynchronously.
 *
 * NOTES.  wire/http is the engine.  Up to FETCH_REDIRECTS redirects are
 * followed, but none from https to http, where the response is not
 * authenticated (unless `lax`).  The size of a body is limited, and the time
 * for all redirects together.  The entity tag of the last body is kept, so that
 * an unchanged body is not fetched again.
 */

#ifndef NET_FETCH_H
#define NET_FETCH_H

#include "net/stream.h"
#include "net/tcp.h"
#include "wire/http.h"
#include "wire/url.h"

enum {
	FETCH_MAX = 1 << 20,	/* largest body, in bytes */
	FETCH_REDIRECTS = 9,	/* at most */
	FETCH_WHY = TLS_WHY_TEXT + HTTP_WHY,	/* bytes for an error */
};

enum fetch_result {
	FETCH_DONE,		/* body[len] was received */
	FETCH_SAME,		/* the body has not changed since FETCH_DONE */
	FETCH_FAILED,		/* the reason is in f->why */
};

struct fetch;

/* Called once for each fetch_start(), never from within it.  f->body is valid
 * during the call.  May call fetch_start(). */
typedef void fetch_fn(struct fetch *f, enum fetch_result result);

/* A URL that is fetched, once or repeatedly; a member of the owner's struct. */
struct fetch {
	struct loop *loop;
	struct resolver *resolver;
	const struct tls_setup *tls;	/* NULL: https is an error; borrowed */
	bool lax;		/* redirects from https to http are followed */
	struct tcp_options options;
	int64_t timeout_ms;	/* for all of it */
	fetch_fn *fn;

	struct url from;	/* the URL of fetch_init() */
	struct url url;		/* the same, or where redirects led */
	unsigned redirects;	/* followed since fetch_start() */
	bool running;
	struct timer deadline;
	struct tcp_dial dial;
	struct stream_env env;
	struct stream stream;
	struct http http;
	bool secure;		/* this URL or an earlier one was https */
	char etag[HTTP_ETAG];	/* of the last body, "": none */
	char etag_url[URL_TEXT];	/* where that body came from */
	uint8_t *body;		/* NULL: none */
	size_t len, size;	/* bytes of body: received, allocated */
	char why[FETCH_WHY];	/* after FETCH_FAILED: the reason */
};

/* Initializes it, zeroed or not, for a URL; 0, or -1 and *why says what is
 * wrong with the URL (static text).  The caller sets tls, lax, options,
 * timeout_ms and fn afterwards. */
int fetch_init(struct fetch *f, struct loop *loop, struct resolver *resolver,
    struct random *random, const char *url, const char **why);

/* Starts to fetch, unless a fetch is running. */
void fetch_start(struct fetch *f);

/* Forgets the entity tag: the next result is not FETCH_SAME. */
void fetch_forget(struct fetch *f);

/* Aborts; fn is not called.  Harmless when nothing is running. */
void fetch_stop(struct fetch *f);

/* Aborts and frees all memory; harmless on a zeroed struct that was never
 * initialized. */
void fetch_close(struct fetch *f);

#endif
