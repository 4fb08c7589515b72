/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The sink as a server of uott, for tools that dial one: all flows of a tool
 * come by one connection, so that neither needs a descriptor for each.
 *
 * NOTES.  An echo goes back in the frame that it came in.  What is under way
 * when a connection ends is lost.
 */

#include "compat.h"

#include <netinet/tcp.h>
#include <poll.h>

#include "sink.h"

#include "../../src/wire/frame.h"

enum {
	STREAMS = 16,		/* connections at a time */
	STREAM_BYTES = 1 << 18,	/* of a buffer; more than any frame */
};

/* A connection. */
struct stream {
	fd_t fd;
	size_t n;		/* bytes that wait for the rest of a frame */
	uint8_t data[STREAM_BYTES];
};

static struct stream streams[STREAMS];
static unsigned n_streams;

/* Sends all of it; false when the connection has ended. */
static bool
send_all(fd_t fd, const uint8_t *p, size_t n)
{
	ssize_t sent;

	for (; n > 0; p += sent, n -= (size_t)sent) {
		sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
	}
	return true;
}

/* Counts whole frames, or sends them back; false when there is no next one. */
static bool
take_frames(struct tally *t, struct stream *s, uint64_t now)
{
	struct frame f;
	size_t at = 0;
	int len;

	while ((len = frame_uott.get(s->data + at, s->n - at, &f)) > 0) {
		if (tally_count(t, f.payload, f.len, now) &&
		    !send_all(s->fd, s->data + at, (size_t)len))
			return false;
		at += (size_t)len;
	}
	s->n -= at;
	memmove(s->data, s->data + at, s->n);
	return len == 0;
}

/* Reads what is there; false when the connection has ended. */
static bool
read_stream(struct tally *t, struct stream *s)
{
	ssize_t got = recv(s->fd, s->data + s->n, sizeof(s->data) - s->n, 0);
	uint64_t now = now_ns();
	bool good;

	if (got <= 0)
		return false;
	s->n += (size_t)got;
	good = take_frames(t, s, now);
	t->last_ns = now;
	return good;
}

/* Accepts a connection, if one may be kept. */
static void
accept_stream(fd_t listener)
{
	int yes = 1;
	fd_t fd = accept(listener, NULL, NULL);

	if (fd == -1)
		return;
	if (n_streams == STREAMS) {
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	streams[n_streams].fd = fd;
	streams[n_streams++].n = 0;
}

fd_t
sink_uott_listen(unsigned port)
{
	struct sockaddr_in a = { 0 };
	fd_t fd = socket(AF_INET, SOCK_STREAM, 0);
	int yes = 1;

	a.sin_family = AF_INET;
	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    listen(fd, STREAMS) == -1) {
		perror("bench: sink");
		exit(1);
	}
	return fd;
}

void
sink_uott_run(struct tally *t, fd_t listener)
{
	struct pollfd p[1 + STREAMS];
	unsigned i;

	for (;;) {
		p[0].fd = listener;
		p[0].events = POLLIN;
		for (i = 0; i < n_streams; i++) {
			p[1 + i].fd = streams[i].fd;
			p[1 + i].events = POLLIN;
		}
		if (poll(p, 1 + n_streams, -1) <= 0)
			continue;
		/* From the end on: the last one takes the place of a dead. */
		for (i = n_streams; i-- > 0; ) {
			if (p[1 + i].revents == 0 ||
			    read_stream(t, &streams[i]))
				continue;
			(void)close(streams[i].fd);
			streams[i] = streams[--n_streams];
		}
		if (p[0].revents != 0)
			accept_stream(listener);
	}
}
