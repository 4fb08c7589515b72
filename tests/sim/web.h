/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A web server of a simulation: a port, with TLS or not, whose answers the test
 * gives.
 */

#ifndef WEB_H
#define WEB_H

#include "sim.h"

#include "base/log.h"
#include "net/dgram.h"
#include "net/stream.h"
#include "net/tcp.h"

enum { WEB_CONNECTIONS = 64 };

/* Answers what a client has sent, with stream_put(). */
typedef void web_answer_fn(struct stream *, const uint8_t *request, size_t n);

struct web {
	struct tcp_listener listener;
	struct stream_env env;
	struct stream stream[WEB_CONNECTIONS];
	unsigned n;		/* connections so far */
	web_answer_fn *answer;
};

static inline void
web_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	struct web *web = LIST_ITEM(s->env, struct web, env);

	(void)head;
	web->answer(s, p, n);
}

static inline void
web_nothing(struct stream *s)
{
	(void)s;
}

static inline void
web_down(struct stream *s, const char *why, bool clean)
{
	(void)s;
	(void)why;
	(void)clean;
}

static inline bool
web_accept(struct tcp_listener *l, fd_t fd, const struct addr *from)
{
	struct web *web = l->arg;

	must(web->n < WEB_CONNECTIONS);
	must(stream_open(&web->stream[web->n++], &web->env, fd, from) == 0);
	return true;
}

/* Sends a text. */
static inline void
web_say(struct stream *s, const char *text)
{
	must(stream_put(s, (const uint8_t *)text, strlen(text), NULL, 0) == 0);
}

/* Listens on a port; tls is NULL for a server without. */
static inline void
web_open(struct web *web, struct loop *loop, struct random *random,
    uint16_t port, const struct tls_setup *tls, web_answer_fn *answer)
{
	static const struct stream_ops ops = {
		web_nothing, web_data, web_nothing, web_down
	};
	struct addr at = { 0 };
	const char *step;

	memset(web, 0, sizeof(*web));
	at.family = 4;
	at.port = port;
	web->answer = answer;
	stream_env_open(&web->env, loop, random, &ops);
	web->env.tls = tls;
	must(tcp_listen(&web->listener, loop, &at, &web->listener.options,
	    web_accept, &step) == 0);
	web->listener.arg = web;
}

static inline void
web_close(struct web *web)
{
	unsigned i;

	for (i = 0; i < web->n; i++)
		stream_close(&web->stream[i]);
	tcp_listen_stop(&web->listener);
	stream_env_close(&web->env);
}

#endif
