/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Small files from the web: GET by http and https, asynchronously.
 *
 * NOTES.  wire/http is the engine.  Redirects are followed, FETCH_REDIRECTS of
 * them, but not from https to http, as what comes from there could be anyone's.
 * Body and time are limited, all redirects together.  The entity tag of the
 * last body is kept, so that the same is not fetched again.
 */

#ifndef NET_FETCH_H
#define NET_FETCH_H

#include "net/stream.h"
#include "net/tcp.h"
#include "wire/http.h"
#include "wire/url.h"

enum {
	FETCH_MAX = 1 << 20,	/* bytes of a body */
	FETCH_REDIRECTS = 9,
	FETCH_WHY = TLS_WHY_TEXT + HTTP_WHY,	/* holds what went wrong */
};

enum fetch_result {
	FETCH_DONE,		/* body[len] is there */
	FETCH_SAME,		/* it is what it was the last time */
	FETCH_FAILED,		/* why says why */
};

struct fetch;

/* Called once for each fetch_start(), never from within.  f->body is good
 * during the call.  May begin anew. */
typedef void fetch_fn(struct fetch *f, enum fetch_result result);

/* A URL that is fetched, perhaps again and again; a member of the owner's
 * struct. */
struct fetch {
	struct loop *loop;
	struct resolver *resolver;
	const struct tls_setup *tls;	/* NULL: https is an error; borrowed */
	bool lax;		/* redirects from https to http are followed */
	struct tcp_options options;
	int64_t timeout_ms;	/* for all of it */
	fetch_fn *fn;

	struct url from;	/* where it begins */
	struct url url;		/* where it is */
	unsigned redirects;	/* since it began */
	bool running;
	struct timer deadline;
	struct tcp_dial dial;
	struct stream_env env;
	struct stream stream;
	struct http http;
	bool secure;		/* some of the way was https */
	char etag[HTTP_ETAG];	/* of the last body, "": none */
	char etag_url[URL_TEXT];	/* where that was */
	uint8_t *body;		/* NULL: none */
	size_t len, size;	/* bytes of it; allocated */
	char why[FETCH_WHY];
};

/* Readies it, zeroed or not, for a URL; 0, or -1 and *why says what is wrong
 * with it (static text).  tls, lax, options, timeout_ms and fn are to be set
 * by the caller afterwards. */
int fetch_init(struct fetch *f, struct loop *loop, struct resolver *resolver,
    struct random *random, const char *url, const char **why);

/* Begins to fetch, unless that is under way. */
void fetch_start(struct fetch *f);

/* Forgets the entity tag: the next body comes whole. */
void fetch_forget(struct fetch *f);

/* Gives up; fn is not called.  Harmless when it is not under way. */
void fetch_stop(struct fetch *f);

/* Stops and frees what it holds; harmless when it was never readied but is
 * zeroed. */
void fetch_close(struct fetch *f);

#endif
