/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * GET by http and https.
 */

#include "compat.h"

#include "net/fetch.h"

#include "base/text.h"

enum { FETCH_FIRST = 4096 };	/* bytes allocated first for a body */

/* Aborts without calling the owner. */
static void
fetch_reset(struct fetch *f)
{
	timer_stop(&f->deadline);
	tcp_dial_stop(&f->dial);
	stream_close(&f->stream);
	f->running = false;
}

/* Frees the body. */
static void
fetch_drop_body(struct fetch *f)
{
	free(f->body);
	f->body = NULL;
	f->len = f->size = 0;
}

/* Ends the fetch and calls the owner. */
static void
fetch_end(struct fetch *f, enum fetch_result result)
{
	uint8_t *body = f->body;

	fetch_reset(f);
	f->fn(f, result);
	/* If the owner called fetch_start(), the body is freed already; a new
	 * one cannot be there yet, because no data is read in here. */
	if (f->body == body)
		fetch_drop_body(f);
}

/* Ends the fetch with an error; after redirects it names the URL, too. */
static void
fetch_fail(struct fetch *f, const char *why)
{
	char url[URL_TEXT];
	struct text t;

	text_init(&t, f->why, sizeof(f->why));
	if (f->redirects > 0)
		text_add(&t, "after %u redirects, at %.300s: ", f->redirects,
		    url_text(&f->url, url));
	text_add(&t, "%s", why);
	fetch_end(f, FETCH_FAILED);
}

static void fetch_connect(struct fetch *f);

/* Follows a redirect. */
static void
fetch_follow(struct fetch *f)
{
	const char *why;
	char text[200];

	stream_close(&f->stream);
	if (f->redirects == FETCH_REDIRECTS) {
		fetch_fail(f, "redirects again; no more than 9 are followed");
		return;
	}
	if (url_resolve(&f->url, f->http.location, &why) != 0) {
		snprintf(text, sizeof(text), "redirects to a location that "
		    "cannot be used: %s", why);
		fetch_fail(f, text);
		return;
	}
	f->redirects++;
	if (f->secure && !f->url.https && !f->lax) {
		fetch_fail(f, "a redirect leads from https to http, which "
		    "is not authenticated");
		return;
	}
	fetch_connect(f);
}

/* Acts on the response as far as it was received. */
static void
fetch_answered(struct fetch *f)
{
	switch (f->http.result) {
	case HTTP_OK:
		memcpy(f->etag, f->http.etag, sizeof(f->etag));
		url_text(&f->url, f->etag_url);
		fetch_end(f, FETCH_DONE);
		break;
	case HTTP_SAME:
		fetch_end(f, FETCH_SAME);
		break;
	case HTTP_MOVED:
		fetch_follow(f);
		break;
	case HTTP_FAILED:
		fetch_fail(f, f->http.why);
		break;
	case HTTP_MORE:
		break;
	}
}

/* Appends to the body; false when there is no memory. */
static bool
fetch_keep(struct fetch *f, const uint8_t *p, size_t n)
{
	size_t size = f->size == 0 ? FETCH_FIRST : f->size;
	uint8_t *grown;

	while (size - f->len < n)
		size *= 2;
	if (size != f->size) {
		grown = realloc(f->body, size);
		if (grown == NULL)
			return false;
		f->body = grown;
		f->size = size;
	}
	if (n > 0)
		memcpy(f->body + f->len, p, n);
	f->len += n;
	return true;
}

/*
 * The connection
 */

#define FETCH_OF(stream_) LIST_ITEM(stream_, struct fetch, stream)

/* The connection is up: sends the request. */
static void
fetch_up(struct stream *s)
{
	struct fetch *f = FETCH_OF(s);
	char request[HTTP_REQUEST], url[URL_TEXT];
	const char *etag = "";
	size_t n;

	if (f->etag[0] != '\0' &&
	    strcmp(url_text(&f->url, url), f->etag_url) == 0)
		etag = f->etag;
	n = http_request(request, &f->url, etag);
	http_begin(&f->http, FETCH_MAX, *etag != '\0');
	if (stream_put(s, (const uint8_t *)request, n,
	    (const uint8_t *)request + n, 0) != 0)
		fetch_fail(f, "no memory");
}

/* A piece of the response. */
static void
fetch_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	struct fetch *f = FETCH_OF(s);
	const uint8_t *body;
	size_t ate, len;

	(void)head;
	while (n > 0 && f->http.result == HTTP_MORE) {
		ate = http_feed(&f->http, p, n, &body, &len);
		if (len > 0 && !fetch_keep(f, body, len)) {
			fetch_fail(f, "no memory");
			return;
		}
		p += ate;
		n -= ate;
	}
	fetch_answered(f);
}

static void
fetch_drained(struct stream *s)
{
	(void)s;
}

/* The connection ended, which may complete the response. */
static void
fetch_down(struct stream *s, const char *why, bool clean)
{
	struct fetch *f = FETCH_OF(s);

	if (!clean || f->http.status == 0) {
		fetch_fail(f, why);
		return;
	}
	if (f->http.until_end && f->url.https && !s->got_close_notify) {
		fetch_fail(f, "the connection was cut, so the response may be "
		    "incomplete");
		return;
	}
	http_end(&f->http);
	fetch_answered(f);
}

static const struct stream_ops fetch_stream_ops = {
	fetch_up, fetch_data, fetch_drained, fetch_down,
};

/* The connection was made, or failed. */
static void
fetch_dialled(struct tcp_dial *dial, fd_t fd, const struct addr *to,
    const char *why)
{
	struct fetch *f = LIST_ITEM(dial, struct fetch, dial);

	if (fd == FD_NONE) {
		fetch_fail(f, why);
		return;
	}
	if (f->url.https && f->tls == NULL) {
		sock_close(fd);
		fetch_fail(f, "https needs trusted CA certificates, and "
		    "there are none; name a file of them");
		return;
	}
	f->env.tls = f->url.https ? f->tls : NULL;
	f->env.name = f->url.host;
	if (stream_open(&f->stream, &f->env, fd, to) != 0)
		fetch_fail(f, sock_strerror(errno));
}

/* Connects to the host of the URL.  The owner may be the caller, so errors are
 * reported later, by fetch_dialled(). */
static void
fetch_connect(struct fetch *f)
{
	struct hostport at;

	memset(&at, 0, sizeof(at));
	memcpy(at.host, f->url.host, sizeof(at.host));
	at.port = f->url.port;
	f->secure = f->secure || f->url.https;
	f->http.status = 0;
	f->http.result = HTTP_MORE;
	fetch_drop_body(f);
	tcp_dial_start(&f->dial, f->loop, f->resolver, &at, &f->options,
	    f->timeout_ms, fetch_dialled);
}

/* The time limit has passed. */
static void
fetch_late(struct timer *timer)
{
	struct fetch *f = LIST_ITEM(timer, struct fetch, deadline);
	char text[120];

	snprintf(text, sizeof(text), "no complete response in %lld ms",
	    (long long)f->timeout_ms);
	fetch_fail(f, text);
}

int
fetch_init(struct fetch *f, struct loop *loop, struct resolver *resolver,
    struct random *random, const char *url, const char **why)
{
	memset(f, 0, sizeof(*f));
	if (url_parse(&f->from, url, why) != 0)
		return -1;
	f->loop = loop;
	f->resolver = resolver;
	stream_env_open(&f->env, loop, random, &fetch_stream_ops);
	return 0;
}

void
fetch_start(struct fetch *f)
{
	if (f->running)
		return;
	f->running = true;
	f->redirects = 0;
	f->secure = false;
	f->url = f->from;
	timer_set(&f->deadline, f->loop, loop_now(f->loop) +
	    (uint64_t)f->timeout_ms, fetch_late);
	fetch_connect(f);
}

void
fetch_forget(struct fetch *f)
{
	f->etag[0] = '\0';
}

void
fetch_stop(struct fetch *f)
{
	if (f->running)
		fetch_reset(f);
	fetch_drop_body(f);
}

void
fetch_close(struct fetch *f)
{
	if (f->loop == NULL)
		return;
	fetch_stop(f);
	stream_env_close(&f->env);
	f->loop = NULL;
}
