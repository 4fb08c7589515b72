/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Sockets whose last bytes are sent and have to arrive before they are closed.
 */

#include "compat.h"

#include "net/linger.h"

enum { LINGER_READ = 16 * 1024 };	/* bytes discarded in one turn */

/* A socket. */
struct lingering {
	struct list link;	/* in lingers->all */
	struct lingers *lingers;
	struct watch watch;
	struct timer late;	/* end of its time */
	fd_t fd;
};

/* Closes and frees one. */
static void
linger_end(struct lingering *g)
{
	list_remove(&g->link);
	g->lingers->n--;
	watch_stop(&g->watch);
	timer_stop(&g->late);
	sock_close(g->fd);
	loop_free_later(g->lingers->loop, g);
}

static void
linger_late(struct timer *t)
{
	linger_end(LIST_ITEM(t, struct lingering, late));
}

/* Discards input; at its end, or after an error, closes. */
static void
linger_readable(struct watch *w, unsigned events)
{
	struct lingering *g = LIST_ITEM(w, struct lingering, watch);
	uint8_t bytes[LINGER_READ];
	ssize_t n = sock_recv(g->fd, bytes, sizeof(bytes));

	(void)events;
	if (n == 0 || (n < 0 && errno != EAGAIN))
		linger_end(g);
}

/* The oldest; there is one. */
static struct lingering *
lingers_oldest(const struct lingers *lingers)
{
	return LIST_ITEM(lingers->all.next, struct lingering, link);
}

void
lingers_init(struct lingers *lingers, struct loop *loop)
{
	lingers->loop = loop;
	lingers->n = 0;
	list_init(&lingers->all);
}

void
linger_start(struct lingers *lingers, fd_t fd)
{
	struct loop *loop = lingers->loop;
	struct lingering *g = calloc(1, sizeof(*g));

	if (g == NULL || sock_shutdown(fd) != 0 ||
	    watch_start(&g->watch, loop, fd, READABLE, linger_readable) != 0) {
		sock_close(fd);
		free(g);
		return;
	}
	if (lingers->n >= LINGER_MAX)
		linger_end(lingers_oldest(lingers));
	g->fd = fd;
	g->lingers = lingers;
	list_init(&g->link);
	list_add(&lingers->all, &g->link);
	lingers->n++;
	timer_set(&g->late, loop, loop_now(loop) + LINGER_MS, linger_late);
}

void
lingers_close(struct lingers *lingers)
{
	while (lingers->n > 0)
		linger_end(lingers_oldest(lingers));
}
