/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For simulations of strangers who connect to a server, beside an honest
 * client: what they may send, and what becomes of both.
 */

#ifndef STRANGERS_H
#define STRANGERS_H

#include "stranger.h"

#include "tunnel/framed.h"

static struct app app;		/* of the honest client */

/* How many of n connections the server closed. */
static inline unsigned
count_closed(const fd_t *fd, unsigned n)
{
	unsigned i, closed = 0;

	for (i = 0; i < n; i++)
		closed += is_closed(fd[i]);
	return closed;
}

/* Closes them. */
static inline void
close_all(const fd_t *fd, unsigned n)
{
	while (n-- > 0)
		sock_close(fd[n]);
}

/* The world has two processes now. */
static inline void
begin_strangers(struct world *w)
{
	evil = sim_host_add("evil", "10.6.6.6");
	app_open(&app, w, 1);
}

static inline void
end(struct world *w, const char *what)
{
	app_close(&app);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* The honest client gets through. */
static inline void
honest(const char *what)
{
	gets_through(&app, what);
}

/* Sends all of it. */
static inline void
send_all(fd_t fd, const char *bytes, size_t n)
{
	unsigned tries;
	size_t sent = 0;
	ssize_t now;

	for (tries = 0; sent < n && tries < 1000; tries++) {
		now = sock_send(fd, bytes + sent, n - sent);
		sent += now > 0 ? (size_t)now : 0;
		sim_run_ms(1);
	}
	must(sent == n);
}

/* A stranger that began a frame of 65535 bytes sends a byte of it a second. */
static inline void
dribble(fd_t fd)
{
	int i;

	for (i = 0; i < 29; i++) {
		sim_run_s(1);
		sock_send(fd, "x", 1);
	}
	ok(!is_closed(fd), "a frame may take 29 s");
	honest("a slow frame");
	sim_run_s(2);
	ok(is_closed(fd), "but not 31 s");
	sock_close(fd);
}

/* A thousand strangers, each with 60 KiB of a frame that is never whole, behind
 * what begin_frame() sends.  The world has just begun. */
static inline void
send_parts(struct world *w, void (*begin_frame)(fd_t, unsigned number))
{
	const struct parts *parts = &((const struct framed_end *)
	    w->right.tunnel->end[LEFT])->parts;
	enum { STRANGERS = 1000, SENT = 60 * 1024 };
	static char bytes[SENT];
	static fd_t fd[STRANGERS];
	unsigned long asked;
	unsigned i, gone;
	size_t most = 0;

	honest("parts");
	sim_run_s(1);
	asked = sim_tcp_asked(w->client);
	for (i = 0; i < STRANGERS; i++) {
		fd[i] = stranger();
		sim_run_ms(2);
		begin_frame(fd[i], i);
		send_all(fd[i], bytes, sizeof(bytes));
		if (parts->bytes > most)
			most = parts->bytes;
		if (i % 3 == 0)
			app_send(&app, i % 2 == 0 ? 40000 : 100);
	}
	sim_run_s(1);
	printf("# at most %lu bytes\n", (unsigned long)most);
	ok(most <= PARTS_MAX && most > PARTS_MAX / 2, "parts: %d strangers "
	    "have no more than 8 MiB together", STRANGERS);
	gone = count_closed(fd, STRANGERS);
	ok(gone >= STRANGERS - PARTS_MAX / SENT && gone < STRANGERS, "parts: "
	    "others make way (%u)", gone);
	ok(is_closed(fd[0]) && !is_closed(fd[STRANGERS - 1]), "parts: the "
	    "oldest, not the newest");
	is_int(app.received, app.sent, "parts: an honest client loses "
	    "nothing");
	is_int(proc_lost(&w->left), 0, "parts: not a datagram");
	is_int(sim_tcp_asked(w->client), asked, "parts: nor a connection");
	ok(logged_text("too many frames began and are not whole") >= 1,
	    "parts: the log says why");
	ok(logged(LEVEL_WARN) < 15, "parts: not once for each");
	sim_run_s(31);
	is_int(parts->bytes, 0, "parts: after 30 s nothing is left of them");
	close_all(fd, STRANGERS);
	honest("parts");
}

#endif
