/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Answers of the web server: what is answered to a request, and its pieces.
 */

#ifndef DAEMON_WEB_REPLY_H
#define DAEMON_WEB_REPLY_H

#include "base/text.h"
#include "daemon/status.h"
#include "daemon/status_json.h"
#include "daemon/web_access.h"
#include "wire/http_request.h"

enum {
	WEB_HEADERS = 1024,	/* bytes that the header of an answer needs */
	WEB_PIECE = 8192,	/* bytes of a piece of an answer: the longest
				 * value of a status, escaped, fits in half */
	WEB_PAGE_PEERS = 100,	/* of a tunnel, on the page */
	WEB_POLICY = 320,	/* bytes of the page's policy */
};

struct web_reply;

/* Appends the next piece of a body; false: that was the last one.  It leaves
 * out what does not fit, and appends that the next time, to an empty text. */
typedef bool web_more_fn(struct web_reply *, struct text *);

/* An answer. */
struct web_reply {
	unsigned status;	/* 200 and so on */
	const char *type;	/* media type, static */
	const char *policy;	/* Content-Security-Policy; borrowed */
	const char *more_fields;	/* whole lines; static */
	bool head;		/* it has no body */
	bool chunked;		/* its body comes in chunks; else it ends with
				 * the connection */
	web_more_fn *more;
	const struct process *process;

	/* Where the body is. */
	unsigned step;		/* the part of it; by more() */
	const char *at;		/* in a text: what comes next; NULL: none */
	const char *inside;	/* likewise of one within it */
	size_t tunnel;		/* number of a tunnel */
	unsigned index;		/* within a tunnel, or a metric */
	uint64_t cursor;	/* of status_peers() */
	unsigned n_peers;	/* in peers, */
	unsigned peer;		/* and which is next */
	struct status_process whole;
	struct status_tunnel one;
	struct status_peer peers[4];
	struct status_json json;
	char *part;		/* of the JSON, allocated; NULL: none */
};

/* Decides what is answered to a request that is not HTTP_REQUEST_MORE, from a
 * connection to a local address.  policy: that of the page; borrowed. */
void web_reply_begin(struct web_reply *, const struct process *,
    const struct web_access *, const struct http_request *,
    const struct addr *local, const char *policy);

/* Frees what it has; harmless with a zeroed one. */
void web_reply_end(struct web_reply *);

/* Writes the header. */
void web_reply_header(const struct web_reply *, struct text *);

/* Appends what fits of a text up to its end, or up to a byte; returns where the
 * next piece begins. */
const char *web_put_until(struct text *t, const char *from, char end);

/* Sets r->tunnel to the number of the tunnel of r->one, which may have changed.
 * False: it has gone; r->tunnel is that of the one after it. */
bool web_find_tunnel(struct web_reply *r);

/* The bodies.  They begin with a zeroed place. */
web_more_fn web_metrics_more, web_page_more;

/* Writes the policy of the page, with the hashes of what it may run. */
void web_page_policy(char policy[WEB_POLICY]);

#endif
