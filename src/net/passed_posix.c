/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Takes over the sockets that systemd, or a supervisor with its protocol, has
 * passed.
 */

#include "compat.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "net/passed.h"

#include "base/log.h"
#include "base/value.h"
#include "net/sockaddr.h"

enum { PASSED_FIRST = 3 };	/* descriptor: SD_LISTEN_FDS_START */

/* How many there are; 0 if they are for a different process. */
static unsigned
passed_count(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int64_t number, count;

	if (pid == NULL || n == NULL || value_parse_int(pid, &number) != 0 ||
	    number != (int64_t)getpid() || value_parse_int(n, &count) != 0 ||
	    count <= 0)
		return 0;
	if (count <= PASSED_MAX)
		return (unsigned)count;
	log_warn("%lld sockets were passed; only %d are used",
	    (long long)count, PASSED_MAX);
	return PASSED_MAX;
}

/* Asks for an option of a socket that is an int, -1 if it has none. */
static int
passed_option(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value :
	    -1;
}

/* Says why a descriptor is of no use; NULL: it is taken, and s filled in. */
static const char *
passed_judge(struct passed_socket *s, int fd)
{
	int type = passed_option(fd, SO_TYPE);
	union sock_addr sa;

	if (type < 0)
		return "is no socket";
	memset(&sa, 0, sizeof(sa));
	if (sock_local(fd, &sa) != 0 || (sa.sa.sa_family != AF_INET &&
	    sa.sa.sa_family != AF_INET6))
		return "is neither IPv4 nor IPv6";
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return "is neither TCP nor UDP";
	if (type == SOCK_STREAM && passed_option(fd, SO_ACCEPTCONN) != 1)
		return "does not listen: Accept=yes is not supported";
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
		return strerror(errno);
	s->fd = fd;
	s->stream = type == SOCK_STREAM;
	sockaddr_to(&s->at, &sa);
	return NULL;
}

/* Copies the next of the names, which colons separate. */
static const char *
passed_next_name(const char *names, char name[PASSED_NAME])
{
	size_t n = strcspn(names, ":");

	snprintf(name, PASSED_NAME, "%.*s", (int)n, names);
	return names[n] == ':' ? names + n + 1 : names + n;
}

void
passed_begin(struct passed *p)
{
	const char *names = getenv("LISTEN_FDNAMES"), *why;
	unsigned i, count = passed_count();
	struct passed_socket *s;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < count; i++) {
		s = &p->at[p->n];
		memset(s, 0, sizeof(*s));
		(void)fcntl(PASSED_FIRST + (int)i, F_SETFD, FD_CLOEXEC);
		if (names != NULL)
			names = passed_next_name(names, s->name);
		why = passed_judge(s, PASSED_FIRST + (int)i);
		if (why == NULL)
			p->n++;
		else
			log_warn("descriptor %u, \"%s\", that was passed, %s",
			    PASSED_FIRST + i, s->name, why);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}
