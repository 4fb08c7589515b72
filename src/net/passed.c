/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds the passed sockets that an end is to listen on.
 */

#include "compat.h"

#include <string.h>

#include "net/passed.h"

#include "base/log.h"

/* What is logged of a socket. */
static const char *
passed_kind(const struct passed_socket *s)
{
	return s->stream ? "TCP" : "UDP";
}

/* Has it the tunnel's name? */
static bool
passed_is_named(const struct passed_socket *s, const struct passed_wish *w)
{
	return w->owner != NULL && *s->name != '\0' &&
	    strcmp(s->name, w->owner) == 0;
}

/* Has it one of the addresses, and is it not meant for a different tunnel? */
static bool
passed_is_there(const struct passed_socket *s, const struct passed_wish *w)
{
	unsigned i;

	if (s->stream != w->stream || (s->used && strcmp(s->owner,
	    w->owner == NULL ? "" : w->owner) != 0))
		return false;
	for (i = 0; i < w->n; i++)
		if (addr_same(&s->at, &w->addr[i]))
			return true;
	return false;
}

/* Gives out a duplicate; false when the system refuses. */
static bool
passed_take(const struct passed *p, struct passed_socket *s,
    const struct passed_wish *w, fd_t *fd, struct addr *at)
{
	*fd = sock_dup(s->fd);
	if (*fd == FD_NONE) {
		log_error("%s: a socket that was passed cannot be used: %s",
		    w->end, sock_strerror(errno));
		return false;
	}
	*at = s->at;
	s->used = true;
	s->turn = p->turn;
	strlcpy(s->owner, w->owner == NULL ? "" : w->owner,
	    sizeof(s->owner));
	return true;
}

unsigned
passed_find(struct passed *p, const struct passed_wish *w, unsigned most,
    fd_t *fd, struct addr *at)
{
	struct passed_socket *s;
	char text[ADDR_TEXT];
	unsigned i, n = 0;

	for (i = 0; p != NULL && i < p->n && n < most; i++) {
		s = &p->at[i];
		if (!passed_is_named(s, w))
			continue;
		if (s->stream == w->stream) {
			n += passed_take(p, s, w, &fd[n], &at[n]);
			continue;
		}
		log_warn("%s: the socket of that name that was passed is "
		    "%s (%s), and not %s: it is not used", w->end,
		    passed_kind(s), addr_text(&s->at, text),
		    w->stream ? "TCP" : "UDP");
		s->used = true;
	}
	if (p == NULL || n > 0)
		return n;
	for (i = 0; i < p->n && n < most; i++)
		if (passed_is_there(&p->at[i], w))
			n += passed_take(p, &p->at[i], w, &fd[n], &at[n]);
	return n;
}

unsigned
passed_turn(struct passed *p)
{
	return p == NULL ? 0 : ++p->turn;
}

void
passed_forget(struct passed *p, const char *owner, unsigned turn)
{
	struct passed_socket *s;
	unsigned i;

	for (i = 0; p != NULL && i < p->n; i++) {
		s = &p->at[i];
		if (s->used && s->turn != turn && strcmp(s->owner,
		    owner == NULL ? "" : owner) == 0)
			s->used = false;
	}
}

void
passed_warn(const struct passed *p)
{
	char text[ADDR_TEXT];
	unsigned i;

	for (i = 0; i < p->n; i++)
		if (!p->at[i].used)
			log_warn("no tunnel uses the socket \"%s\" that was "
			    "passed, %s on %s: give it the name of a tunnel, "
			    "or a tunnel its address", p->at[i].name,
			    passed_kind(&p->at[i]),
			    addr_text(&p->at[i].at, text));
}

void
passed_end(struct passed *p)
{
	while (p->n > 0)
		sock_close(p->at[--p->n].fd);
}
