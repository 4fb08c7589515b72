/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Sockets that the supervisor has opened for us (sd_listen_fds(3)).
 *
 * NOTES.  The supervisor keeps its own descriptors, so that an address which it
 * listens on cannot be bound.  So these stay open as long as the process, and
 * whoever uses one gets a duplicate, also after a reload.
 */

#ifndef NET_PASSED_H
#define NET_PASSED_H

#include "base/addr.h"
#include "sock.h"

enum {
	PASSED_MAX = 64,	/* sockets */
	PASSED_NAME = 64,	/* bytes of a name */
};

/* One of them. */
struct passed_socket {
	fd_t fd;
	char name[PASSED_NAME];	/* that the supervisor gave it, or "" */
	char owner[PASSED_NAME];	/* the tunnel that uses it, or "" */
	bool used;
	unsigned turn;		/* in which it was taken */
	bool stream;		/* TCP that listens; false: UDP */
	struct addr at;		/* where */
};

/* All of a process.  Zeroed: none. */
struct passed {
	struct passed_socket at[PASSED_MAX];
	unsigned n;
	unsigned turn;		/* of passed_turn() */
};

/* Takes over those that were passed, for this process and its child in the
 * background, and removes the environment's variables.  None is inherited by
 * programs that are started later.  What is no socket that adit can listen on
 * is logged, and left out. */
void passed_begin(struct passed *);

/* Closes all. */
void passed_end(struct passed *);

/* What an end looks for. */
struct passed_wish {
	const char *owner;	/* the tunnel's name; NULL: it has none */
	const char *end;	/* the end's, for the log */
	bool stream;		/* TCP, else UDP */
	const struct addr *addr;	/* where it would listen, */
	unsigned n;		/* so many */
};

/* Finds the sockets that have the name of the tunnel or, if there is none, one
 * of the addresses.  Returns how many of fd[most] and at[most] were filled in;
 * the caller closes the descriptors, duplicates.  One of that name and of the
 * wrong kind is logged.  p may be NULL. */
unsigned passed_find(struct passed *p, const struct passed_wish *,
    unsigned most, fd_t *fd, struct addr *at);

/* Begins a turn, whose number it returns: of a tunnel that starts, to tell the
 * sockets that it takes from those that it had before.  p may be NULL. */
unsigned passed_turn(struct passed *p);

/* A tunnel has only those sockets any more that it has taken in that turn: the
 * others are there for different ones.  p may be NULL. */
void passed_forget(struct passed *p, const char *owner, unsigned turn);

/* Logs those that nobody has used. */
void passed_warn(const struct passed *);

#endif
