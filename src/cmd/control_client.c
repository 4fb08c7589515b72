/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The client of a control socket, for `adit status` and `adit ctl`.
 */

#include "compat.h"

#include <string.h>

#include "cmd/control_client.h"

#include "base/alloc.h"
#include "base/text.h"
#include "daemon/control_line.h"
#include "daemon/status_read.h"

enum {
	ANSWER_FIRST = 65536,	/* bytes of memory for an answer, at first, */
	ANSWER_MAX = 64 << 20,	/* and at most */
};

/* The names of sockets in the default folders, in the order in which they are
 * tried: of adit run, of adit tunnel, and of adit run as a service that is not
 * root, which has a folder of its own. */
static const char *const default_names[] = { "adit", "tunnel", "service/adit" };
enum { CLIENT_NAMES = sizeof(default_names) / sizeof(default_names[0]) };

/* Explains why no socket can be used; errno is that of the best attempt. */
static void
client_explain(struct control_client *c)
{
	if (errno == ENOSYS)
		snprintf(c->why, sizeof(c->why), "this build has no control "
		    "socket for this system");
	else if (errno == ENOENT || errno == ECONNREFUSED)
		snprintf(c->why, sizeof(c->why), "%s: no daemon is running "
		    "there%s", c->path, c->named != NULL ? "" : ": start `adit "
		    "run`, or name its socket by --control");
	else
		snprintf(c->why, sizeof(c->why), "%s: %s", c->path,
		    local_strerror(errno));
}

/* Tries a path; errno of an earlier attempt stays if it says more. */
static void
client_try(struct control_client *c, const char *path)
{
	int before = errno;

	c->fd = local_connect(path);
	if (c->fd == FD_NONE && (before == EACCES || before == EPERM)) {
		errno = before;
		return;
	}
	/* The first one is named, if none is there. */
	if (*c->path == '\0' || c->fd != FD_NONE || errno != ENOENT)
		strlcpy(c->path, path, sizeof(c->path));
}

int
control_client_open(struct control_client *c)
{
	char path[LOCAL_PATH];
	unsigned i;
	bool root;

	c->fd = FD_NONE;
	c->path[0] = '\0';
	errno = 0;
	if (sock_init() == 0 && c->named != NULL)
		client_try(c, c->named);
	for (i = 0; c->named == NULL && c->fd == FD_NONE &&
	    i < 2 * CLIENT_NAMES; i++) {
		root = local_is_root() || i >= CLIENT_NAMES;
		if (local_path(path, default_names[i % CLIENT_NAMES], root) ==
		    0)
			client_try(c, path);
		else if (errno == 0)
			errno = ENOSYS;
	}
	if (c->fd != FD_NONE)
		return 0;
	client_explain(c);
	return -1;
}

void
control_client_close(struct control_client *c)
{
	local_disconnect(c->fd);
	c->fd = FD_NONE;
}

/* Sends a whole text; 0, or -1 and errno. */
static int
send_all(fd_t fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len > 0; text += n, len -= (size_t)n)
		if ((n = local_send(fd, text, len)) < 0)
			return -1;
	return 0;
}

/* Receives up to a newline, into *text, which it allocates; returns the bytes,
 * or 0 and errno (0: the daemon has closed the connection). */
static size_t
receive_line(fd_t fd, char **text)
{
	size_t room = ANSWER_FIRST, len = 0;
	ssize_t n;

	*text = xrealloc(NULL, room, 1);
	for (;;) {
		if (len == room && room >= ANSWER_MAX) {
			errno = EMSGSIZE;
			return 0;
		}
		if (len == room)
			*text = xrealloc(*text, room *= 2, 1);
		n = local_recv(fd, *text + len, room - len);
		if (n <= 0) {
			errno = n == 0 ? 0 : errno;
			return 0;
		}
		len += (size_t)n;
		if ((*text)[len - 1] == '\n')
			return len;
	}
}

/* Sends a line and receives the answer, as above; 0: why is set. */
static size_t
client_exchange(struct control_client *c, const char *line, char **text)
{
	size_t n = 0;

	*text = NULL;
	if (send_all(c->fd, line, strlen(line)) == 0 &&
	    send_all(c->fd, "\n", 1) == 0)
		n = receive_line(c->fd, text);
	if (n == 0)
		snprintf(c->why, sizeof(c->why), "%s: %s", c->path,
		    errno == 0 ? "the daemon has closed the connection" :
		    errno == EAGAIN ? "the daemon does not answer" :
		    strerror(errno));
	return n;
}

/* Judges a document that was read with that result; 0, or -1 and why. */
static int
client_judge(struct control_client *c, const struct status_read *s,
    int result)
{
	if (result != 0)
		snprintf(c->why, sizeof(c->why), "%s: the answer cannot be "
		    "read: %s", c->path, s->why);
	else if (*s->error != '\0')
		snprintf(c->why, sizeof(c->why), "%s", s->error);
	else if (s->schema != STATUS_SCHEMA)
		snprintf(c->why, sizeof(c->why), "%s: the daemon is of a "
		    "different version", c->path);
	else
		return 0;
	return -1;
}

int
control_client_ask(struct control_client *c, const char *line,
    struct status_read *s)
{
	char *text;
	size_t n = client_exchange(c, line, &text);
	int result = -1;

	if (n > 0)
		result = client_judge(c, s, status_read_all(s, text, n));
	free(text);
	return result;
}

/* Reads the peers of a tunnel that a document did not have.  0, or -1 and why.
 * A tunnel that has gone meanwhile has none. */
static int
client_read_peers(struct control_client *c, struct status_read *s,
    struct status_read_tunnel *t)
{
	char line[CONTROL_LINE], *text;
	struct text out;
	size_t n;
	int result = 0;

	while (t->next >= 0 && result == 0) {
		text_init(&out, line, sizeof(line));
		text_add(&out, "peers");
		control_line_add(&out, *t->tunnel.name == '\0' ? "-" :
		    t->tunnel.name);
		text_add(&out, " %lld", (long long)t->next);
		n = client_exchange(c, line, &text);
		result = n == 0 ? -1 : 0;
		if (n > 0 && (status_read_peers(s, t, text, n) != 0 ||
		    *s->error != '\0')) {
			t->next = -1;
			result = *s->error != '\0' ? 0 :
			    client_judge(c, s, -1);
		}
		free(text);
	}
	return result;
}

int
control_client_status(struct control_client *c, const char *tunnel,
    bool all, struct status_read *s)
{
	char line[CONTROL_LINE];
	struct text out;
	size_t i;

	text_init(&out, line, sizeof(line));
	text_add(&out, "status");
	if (tunnel != NULL)
		control_line_add(&out, tunnel);
	if (control_client_ask(c, line, s) != 0)
		return -1;
	for (i = 0; all && i < s->n; i++)
		if (client_read_peers(c, s, &s->tunnels[i]) != 0)
			return -1;
	return 0;
}
