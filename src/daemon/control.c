/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The control socket: its clients, what they send, and what they are sent.
 *
 * A client's states, by its members:
 *
 *	state		fd	out_to	doc.step	timer
 *	free		none	0	-		-
 *	asking		open	0	DONE		end of its patience
 *	answering	open	> 0	any		end of ours
 *	last answer	open	> 0	DONE, last set	the same
 */

#include "compat.h"

#include <string.h>

#include "daemon/control.h"

#include "base/fault.h"
#include "base/log.h"
#include "daemon/control_line.h"
#include "daemon/control_run.h"
#include "daemon/process.h"
#include "daemon/status_json.h"
#include "net/local.h"

/* A client. */
struct control_client {
	struct control *control;
	fd_t fd;		/* FD_NONE: free */
	struct watch watch;
	struct timer timer;	/* when it is closed */
	uint64_t due_ms;	/* when it is, whatever it does; 0: it asks */
	struct local_peer peer;	/* its user */
	char in[CONTROL_LINE];	/* what it has sent so far, */
	size_t in_len;		/* and its bytes */
	char *out;		/* STATUS_JSON_PART bytes */
	size_t out_from, out_to;	/* the part that was not sent */
	struct status_json doc;	/* what follows it */
	bool last;		/* then it is closed */
};

/* The socket. */
struct control {
	struct process *process;
	struct local local;
	struct watch watch;
	struct control_client clients[CONTROL_CLIENTS];
	struct log_limit limit;	/* of lines about refusals */
};

/* Closes a client. */
static void
asker_close(struct control_client *c)
{
	watch_stop(&c->watch);
	timer_stop(&c->timer);
	sock_close(c->fd);
	c->fd = FD_NONE;
	free(c->out);
	c->out = NULL;
}

/* Its time is over. */
static void
asker_late(struct timer *t)
{
	asker_close(LIST_ITEM(t, struct control_client, timer));
}

/* It has done something, or is to do something now. */
static void
asker_wait(struct control_client *c)
{
	struct loop *loop = c->control->process->loop;
	uint64_t due_ms = loop_now(loop) + CONTROL_PATIENCE_MS;

	if (c->due_ms != 0 && c->due_ms < due_ms)
		due_ms = c->due_ms;
	timer_set(&c->timer, loop, due_ms, asker_late);
}

/* An answer begins: its first part of n bytes was made. */
static void
asker_answer(struct control_client *c, size_t n)
{
	c->out_from = 0;
	c->out_to = n;
	c->due_ms = loop_now(c->control->process->loop) + CONTROL_ANSWER_MS;
	asker_wait(c);
}

/* Does what a line of n bytes says. */
static void
asker_request(struct control_client *c, char *line, size_t n)
{
	struct control_line request;
	const char *why;

	c->doc.step = STATUS_JSON_DONE;
	if (control_line_read(&request, line, n, &why) != 0)
		asker_answer(c, control_run_error(c->out, why));
	else
		asker_answer(c, control_run(c->control->process, &c->peer,
		    &request, &c->doc, c->out));
}

/* Answers the next line, if a whole one is there. */
static void
asker_next(struct control_client *c)
{
	char line[CONTROL_LINE + 1];
	char *end = memchr(c->in, '\n', c->in_len);
	size_t n;

	if (end == NULL) {
		c->last = c->in_len == CONTROL_LINE;
		if (c->last)
			asker_answer(c, control_run_error(c->out, "the "
			    "request is too long"));
		return;
	}
	n = (size_t)(end - c->in);
	memcpy(line, c->in, n);
	c->in_len -= n + 1;
	memmove(c->in, end + 1, c->in_len);
	asker_request(c, line, n);
}

/* Reads; false: it was closed. */
static bool
asker_read(struct control_client *c)
{
	ssize_t n = sock_recv(c->fd, c->in + c->in_len,
	    CONTROL_LINE - c->in_len);

	if (n > 0) {
		c->in_len += (size_t)n;
		return true;
	}
	if (n < 0 && errno == EAGAIN)
		return true;
	asker_close(c);
	return false;
}

/* Sends what the socket takes; false: it was closed. */
static bool
asker_send(struct control_client *c)
{
	ssize_t n = sock_send(c->fd, c->out + c->out_from,
	    c->out_to - c->out_from);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n < 0) {
		asker_close(c);
		return false;
	}
	c->out_from += (size_t)n;
	asker_wait(c);
	return true;
}

/* The part was sent: makes the next one, or the answer is complete; false: it
 * was closed. */
static bool
asker_continue(struct control_client *c)
{
	c->out_from = 0;
	c->out_to = c->doc.step == STATUS_JSON_DONE ? 0 :
	    status_json_next(&c->doc, c->out);
	if (c->out_to > 0)
		return true;
	if (c->last) {
		asker_close(c);
		return false;
	}
	c->due_ms = 0;
	asker_wait(c);
	asker_next(c);
	return true;
}

/* A client sends, or takes more. */
static void
asker_ready(struct watch *w, unsigned events)
{
	struct control_client *c = LIST_ITEM(w, struct control_client, watch);

	(void)events;
	if (c->out_to == 0) {
		if (!asker_read(c))
			return;
		asker_next(c);
	}
	/* One part in a turn: others wait, too. */
	if (c->out_to > 0 && !asker_send(c))
		return;
	if (c->out_to > 0 && c->out_from == c->out_to && !asker_continue(c))
		return;
	watch_want(w, c->out_to > 0 ? WRITABLE : READABLE);
}

/* A place for a new client, or NULL. */
static struct control_client *
find_place(struct control *control)
{
	unsigned i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd == FD_NONE)
			return &control->clients[i];
	return NULL;
}

/* Begins with a client. */
static void
asker_open(struct control_client *c, fd_t fd, const struct local_peer *peer)
{
	struct control *control = c->control;

	memset(c, 0, sizeof(*c));
	c->control = control;
	c->fd = fd;
	c->peer = *peer;
	c->doc.step = STATUS_JSON_DONE;
	c->out = malloc(STATUS_JSON_PART);
	if (c->out == NULL || watch_start(&c->watch, control->process->loop,
	    fd, READABLE, asker_ready) != 0) {
		asker_close(c);
		return;
	}
	asker_wait(c);
}

/* Connections wait. */
static void
control_ready(struct watch *w, unsigned events)
{
	static const char busy[] = "{\"schema\":1,\"error\":\"too many "
	    "clients: try again\"}\n";
	struct control *control = LIST_ITEM(w, struct control, watch);
	struct control_client *c;
	struct local_peer peer;
	fd_t fd;

	(void)events;
	while ((fd = local_accept(&control->local, &peer)) != FD_NONE) {
		c = find_place(control);
		if (c != NULL) {
			asker_open(c, fd, &peer);
			continue;
		}
		log_limited(&control->limit, loop_now(control->process->loop),
		    LEVEL_WARN, "control: a client was refused: %d are there "
		    "already (user %s)", CONTROL_CLIENTS, peer.user);
		(void)sock_send(fd, busy, sizeof(busy) - 1);
		sock_close(fd);
	}
}

/* Opens it; NULL and the fault. */
static struct control *
control_new(struct process *p, const char *path, bool make_folder,
    bool *taken, struct fault *f)
{
	struct control *control = calloc(1, sizeof(*control));
	unsigned i;

	*taken = false;
	if (control == NULL) {
		(void)fault_system(f, "control", "control: no memory");
		return NULL;
	}
	control->process = p;
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		control->clients[i].control = control;
		control->clients[i].fd = FD_NONE;
	}
	if (local_listen(&control->local, path, make_folder, taken, f) != 0) {
		free(control);
		return NULL;
	}
	if (watch_start(&control->watch, p->loop, control->local.fd, READABLE,
	    control_ready) != 0) {
		(void)fault_system(f, "control", "control: %s: %s", path,
		    strerror(errno));
		control_stop(control);
		return NULL;
	}
	log_debug("control: %s", control->local.path);
	return control;
}

int
control_start(struct control **control, struct process *p, struct fault *f)
{
	const char *path = p->settings.control;
	char standard[LOCAL_PATH];
	bool taken;

	*control = NULL;
	if (path != NULL && strcmp(path, "none") == 0)
		return 0;
	if (path != NULL) {
		*control = control_new(p, path, false, &taken, f);
		return *control != NULL ? 0 : -1;
	}
	if (p->control_name == NULL ||
	    local_path(standard, p->control_name, local_is_root()) != 0)
		return 0;
	*control = control_new(p, standard, true, &taken, f);
	if (*control == NULL && (!taken || p->path != NULL))
		log_warn("%s; `adit status` cannot ask this process", f->text);
	else if (*control == NULL)
		log_debug("%s", f->text);
	return 0;
}

void
control_stop(struct control *control)
{
	unsigned i;

	if (control == NULL)
		return;
	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (control->clients[i].fd != FD_NONE)
			asker_close(&control->clients[i]);
	watch_stop(&control->watch);
	local_close(&control->local);
	free(control);
}
