/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which end takes which socket of the supervisor's.
 */

#include "compat.h"

#include <string.h>

#include "net/passed.h"

#include "base/log.h"

#include "tap.h"

static struct passed p;
static fd_t fd[PASSED_MAX];
static struct addr at[PASSED_MAX];
static unsigned logged;

/* There is no supervisor. */
void
passed_begin(struct passed *all)
{
	all->n = 0;
}

static void
count_line(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
	logged++;
}

static void
address(struct addr *a, uint16_t port)
{
	memset(a, 0, sizeof(*a));
	a->family = 4;
	a->ip[0] = 127;
	a->port = port;
}

/* Adds a socket of that port; of port 99 it cannot be duplicated. */
static void
add(const char *name, bool stream, uint16_t port)
{
	struct passed_socket *s = &p.at[p.n++];

	memset(s, 0, sizeof(*s));
	s->fd = port == 99 ? FD_NONE : sock_open(AF_INET, SOCK_DGRAM);
	s->stream = stream;
	strlcpy(s->name, name, sizeof(s->name));
	address(&s->at, port);
}

/* What an end of that tunnel, kind and port finds. */
static unsigned
find(const char *owner, bool stream, uint16_t port)
{
	struct passed_wish wish = { owner, "end", stream, NULL, 1 };
	struct addr wanted;
	unsigned n, i;

	address(&wanted, port);
	wish.addr = &wanted;
	logged = 0;
	n = passed_find(&p, &wish, PASSED_MAX, fd, at);
	for (i = 0; i < n; i++)
		sock_close(fd[i]);
	return n;
}

int
main(void)
{
	unsigned turn;
	fd_t copy;

	if (sock_init() != 0)
		return 1;
	copy = sock_dup(sock_open(AF_INET, SOCK_DGRAM));
	if (copy == FD_NONE && errno == ENOSYS) {
		puts("1..0 # SKIP no sockets are passed on this system");
		return 0;
	}
	sock_close(copy);
	log_set_sink(count_line);
	passed_begin(&p);
	is_int(find("one", false, 10), 0, "of none none is found");
	add("one", false, 10);
	add("two", true, 11);
	add("two", true, 12);
	add("", false, 13);
	add("mixed", true, 14);
	add("mixed", false, 15);
	add("", false, 99);

	is_int(find("one", false, 9), 1, "by its name, whatever its port");
	ok(fd[0] != p.at[0].fd, "a duplicate");
	is_int(at[0].port, 10, "and where it listens");
	is_int(find("two", true, 9), 2, "several of a name");
	is_int(at[1].port, 12, "in their order");
	is_int(find("two", true, 11), 2, "none twice, by its address as well");
	is_int(find("one", true, 9), 0, "not of the wrong kind");
	is_int(logged, 1, "which is logged");
	is_int(find("mixed", false, 9), 1, "of a name those that fit");
	is_int(at[0].port, 15, "which is UDP");
	is_int(find(NULL, false, 13), 1, "by its address");
	is_int(find("three", false, 13), 0, "not a second tunnel");
	is_int(find("three", true, 15), 0, "nor one of the wrong kind");
	is_int(find("three", false, 10), 0, "nor what has an owner");
	is_int(find("one", false, 9), 1, "its owner finds it again");
	turn = passed_turn(&p);
	is_int(find("two", true, 9), 2, "a tunnel starts anew");
	passed_forget(&p, "two", turn);
	is_int(find("three", true, 12), 0, "and keeps what it has taken");
	passed_forget(&p, "two", passed_turn(&p));
	is_int(find("three", true, 12), 1, "what it has left a different one "
	    "may take");
	is_int(find("two", true, 9), 2, "but its name is stronger");
	passed_forget(&p, "one", passed_turn(&p));
	is_int(find("three", false, 13), 0, "what is another's is not left");
	passed_forget(&p, NULL, passed_turn(&p));
	is_int(find("three", false, 13), 1, "nor without a name, until then");
	passed_forget(NULL, "one", passed_turn(NULL));
	is_int(find("three", false, 99), 0, "the system may refuse");
	is_int(logged, 1, "which is logged, too");
	logged = 0;
	passed_warn(&p);
	is_int(logged, 3, "some are unused");
	is_int(passed_find(NULL, NULL, 1, fd, at), 0,
	    "a process without sockets");
	passed_end(&p);
	return done_testing();
}
