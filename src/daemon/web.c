/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The web server of the status: its socket and its connections.
 *
 * NOTES.  A connection is for one request:
 *
 *	asked		reads the request, until it is good or bad
 *			(WEB_REQUEST_MS)
 *	answered	sends the piece at hand, then makes the next one
 *			(WEB_PIECE_MS each)
 *	closed		by net/linger.h, as the peer may still be sending
 */

#include "compat.h"

#include "daemon/web.h"

#include "base/fault.h"
#include "base/list.h"
#include "base/log.h"
#include "daemon/web_access.h"
#include "daemon/web_reply.h"
#include "net/linger.h"
#include "net/sockaddr.h"
#include "net/tcp.h"
#include "wire/http_request.h"

enum {
	WEB_CONNECTIONS = 16,
	WEB_REQUEST_MS = 5000,	/* from accept to the end of the request */
	WEB_PIECE_MS = 5000,	/* that a piece of an answer may take */
	WEB_RETRY_MS = 10000,	/* between attempts to listen */
	CHUNK_HEAD = 6,		/* "1f40" and a line end */
	CHUNK_TAIL = 7,		/* a line end, and the empty chunk's own */
};

/* A connection. */
struct web_conn {
	struct list link;	/* in web->conns, the oldest first */
	struct web *web;
	struct watch watch;
	struct timer late;	/* the end of its time */
	fd_t fd;
	bool answering;		/* reply is valid */
	bool complete;		/* no piece follows the one in out */
	struct http_request request;
	struct web_reply reply;
	char out[WEB_HEADERS + WEB_PIECE];	/* the piece at hand */
	size_t out_len, sent;	/* its bytes, and those sent */
};

struct web {
	const struct process *process;
	struct loop *loop;
	struct tcp_listener listener;
	struct timer retry;	/* when to try again to listen */
	struct web_access access;
	struct list conns;
	unsigned n_conns;
	struct lingers lingers;
	char policy[WEB_POLICY];	/* of the page */
};

/* Frees a connection whose socket was closed or given away. */
static void
conn_free(struct web_conn *c)
{
	watch_stop(&c->watch);
	timer_stop(&c->late);
	list_remove(&c->link);
	c->web->n_conns--;
	web_reply_end(&c->reply);
	explicit_bzero(&c->request, sizeof(c->request));
	loop_free_later(c->web->loop, c);
}

/* Closes a connection at once. */
static void
conn_close(struct web_conn *c)
{
	watch_stop(&c->watch);
	sock_close(c->fd);
	conn_free(c);
}

/* Closes a connection after its last bytes have arrived. */
static void
conn_finish(struct web_conn *c)
{
	watch_stop(&c->watch);
	linger_start(&c->web->lingers, c->fd);
	conn_free(c);
}

/* Its time is over. */
static void
conn_late(struct timer *t)
{
	conn_close(LIST_ITEM(t, struct web_conn, late));
}

/* Makes the next piece. */
static void
conn_fill(struct web_conn *c)
{
	struct web_reply *r = &c->reply;
	char head[CHUNK_HEAD + 1];
	struct text t;
	char *body;
	size_t n;

	c->sent = 0;
	text_init(&t, c->out, sizeof(c->out) - CHUNK_TAIL);
	if (!c->answering) {
		c->answering = true;
		web_reply_header(r, &t);
		c->complete = r->head;
	}
	body = t.at;
	if (!c->complete) {
		if (r->chunked)
			text_add(&t, "0000\r\n");
		body = t.at;
		/* No value is longer than a piece; but if one were, the
		 * answer would end there. */
		c->complete = !r->more(r, &t) || t.at == body;
	}
	n = (size_t)(t.at - body);
	if (r->chunked && n > 0) {
		snprintf(head, sizeof(head), "%04x\r\n", (unsigned)n & 0xffff);
		memcpy(body - CHUNK_HEAD, head, CHUNK_HEAD);
		t.room += CHUNK_TAIL;
		text_add(&t, "\r\n");
	} else if (r->chunked) {
		t.at = body - CHUNK_HEAD;
		t.room += CHUNK_HEAD + CHUNK_TAIL;
	}
	if (r->chunked && c->complete)
		text_add(&t, "0\r\n\r\n");
	c->out_len = (size_t)(t.at - c->out);
	timer_set(&c->late, c->web->loop, loop_now(c->web->loop) +
	    WEB_PIECE_MS, conn_late);
}

/* Sends what the socket takes of the piece; then makes the next one, which is
 * for the next turn. */
static void
conn_send(struct web_conn *c)
{
	ssize_t n;

	while (c->sent < c->out_len) {
		n = sock_send(c->fd, c->out + c->sent, c->out_len - c->sent);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			conn_close(c);
			return;
		}
		c->sent += (size_t)n;
	}
	if (c->complete)
		conn_finish(c);
	else
		conn_fill(c);
}

/* Reads a part of the request, and begins to answer it at its end. */
static void
conn_receive(struct web_conn *c)
{
	uint8_t bytes[1024];
	union sock_addr sa;
	struct addr local = { 0 };
	ssize_t n = sock_recv(c->fd, bytes, sizeof(bytes));

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	(void)http_request_feed(&c->request, bytes, (size_t)n);
	explicit_bzero(bytes, sizeof(bytes));
	if (c->request.result == HTTP_REQUEST_MORE)
		return;
	if (sock_local(c->fd, &sa) == 0)
		sockaddr_to(&local, &sa);
	web_reply_begin(&c->reply, c->web->process, &c->web->access,
	    &c->request, &local, c->web->policy);
	conn_fill(c);
	watch_want(&c->watch, WRITABLE);
	conn_send(c);
}

static void
conn_ready(struct watch *w, unsigned events)
{
	struct web_conn *c = LIST_ITEM(w, struct web_conn, watch);

	(void)events;
	if (c->answering)
		conn_send(c);
	else
		conn_receive(c);
}

/* The connection that pays for a new one: the oldest that has not asked yet,
 * else the oldest. */
static struct web_conn *
web_oldest(const struct web *web)
{
	struct list *l;

	for (l = web->conns.next; l != &web->conns; l = l->next)
		if (!LIST_ITEM(l, struct web_conn, link)->answering)
			return LIST_ITEM(l, struct web_conn, link);
	return LIST_ITEM(web->conns.next, struct web_conn, link);
}

/* A connection was accepted. */
static bool
web_accept(struct tcp_listener *l, fd_t fd, const struct addr *from)
{
	struct web *web = l->arg;
	struct web_conn *c = calloc(1, sizeof(*c));

	(void)from;
	if (c == NULL || watch_start(&c->watch, web->loop, fd, READABLE,
	    conn_ready) != 0) {
		free(c);
		sock_close(fd);
		return false;
	}
	if (web->n_conns == WEB_CONNECTIONS)
		conn_close(web_oldest(web));
	c->web = web;
	c->fd = fd;
	http_request_begin(&c->request);
	list_add(&web->conns, &c->link);
	web->n_conns++;
	timer_set(&c->late, web->loop, loop_now(web->loop) + WEB_REQUEST_MS,
	    conn_late);
	return true;
}

/* Listens; 0, or -1: logged, if that is the first time. */
static int
web_listen(struct web *web, bool first)
{
	const struct tcp_options options = { 0 };
	char text[ADDR_TEXT];
	const char *step;

	if (tcp_listen(&web->listener, web->loop, &web->access.at, &options,
	    web_accept, &step) == 0) {
		web->listener.arg = web;
		log_info("status: http://%s/", addr_text(&web->access.at,
		    text));
		return 0;
	}
	if (first)
		log_error("status: cannot listen on %s: %s: %s; trying again "
		    "each %u s", addr_text(&web->access.at, text), step,
		    sock_strerror(errno), WEB_RETRY_MS / 1000u);
	return -1;
}

static void
web_try_again(struct timer *t)
{
	struct web *web = LIST_ITEM(t, struct web, retry);

	if (web_listen(web, false) != 0)
		timer_set(t, web->loop, loop_now(web->loop) + WEB_RETRY_MS,
		    web_try_again);
}

struct web *
web_open(const struct process *process, struct loop *loop,
    const struct web_settings *s, struct fault *f)
{
	struct web *web;

	f->kind = FAULT_NONE;
	if (s->at == NULL)
		return NULL;
	web = calloc(1, sizeof(*web));
	if (web == NULL) {
		(void)fault_system(f, NULL, "no memory for the status");
		return NULL;
	}
	if (web_access_read(&web->access, s, f) != 0) {
		web_access_free(&web->access);
		free(web);
		return NULL;
	}
	web->process = process;
	web->loop = loop;
	list_init(&web->conns);
	lingers_init(&web->lingers, loop);
	web_page_policy(web->policy);
	if (web_listen(web, true) != 0)
		timer_set(&web->retry, loop, loop_now(loop) + WEB_RETRY_MS,
		    web_try_again);
	return web;
}

void
web_close(struct web *web)
{
	if (web == NULL)
		return;
	timer_stop(&web->retry);
	tcp_listen_stop(&web->listener);
	while (web->conns.next != &web->conns)
		conn_close(LIST_ITEM(web->conns.next, struct web_conn, link));
	lingers_close(&web->lingers);
	web_access_free(&web->access);
	free(web);
}
