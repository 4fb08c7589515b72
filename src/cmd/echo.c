/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit echo: sends every datagram back to its sender, as a peer for tests.
 */

#include "compat.h"

#include <inttypes.h>

#include "cmd/cmd.h"
#include "cmd/echo_loop.h"
#include "cmd/run.h"

#include "base/addr.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/opt.h"
#include "net/daemon.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/udp.h"
#include "wire/random.h"

enum {
	ECHO_BATCHES = 4,	/* received before other events are handled */
	ECHO_SLOTS = 4 * DGRAM_BATCH,	/* buffers of the arena */
	ECHO_BUFFER = 1 << 20,	/* bytes, of each socket */
};

struct echo;

/* A listening socket. */
struct echo_socket {
	struct echo *echo;	/* the one it belongs to */
	struct udp udp;		/* the socket */
	struct watch watch;	/* reads it */
	uint16_t port;		/* it listens on */
};

struct echo {
	struct loop *loop;
	struct udp_queue queue;	/* gathered until the flush */
	struct flusher flusher;	/* sends them */
	struct udp_msg msg[UDP_BATCH];	/* of the current batch */
	struct echo_socket socket[RESOLVE_MAX];
	unsigned n_sockets;	/* those in use */
	uint64_t count, bytes;	/* answered */
	uint64_t refused;	/* datagrams that were not */
	struct echo_loop loops;	/* finds those */
	struct log_limit refused_limit;	/* of lines about them */
};

struct echo_settings {
	int64_t level;		/* enum log_level */
};

static const struct opt rows[] = {
	{ .name = OPT_WORDS("verbosity", "info", "LEVEL",
	  HELP("what is logged")), .letter = 'v', .type = OPT_CHOICE,
	  .at = offsetof(struct echo_settings, level),
	  .of.choices = process_levels },
	RUN_HELP_ROWS,
	{ .name = NULL },
};

/* What `adit echo --help` prints. */
static void
echo_help(FILE *out)
{
	fputs("usage: adit echo [OPTIONS] [ADDRESS:PORT]\n\n"
	    HELP("Sends every UDP datagram back to its sender, until Ctrl-C.\n"
	    "Without an address it listens on 127.0.0.1:7007; :7007 is every "
	    "address of this\nhost.\n\n"), out);
	opt_help(rows, out);
	fputs(HELP("\nexample, in two terminals:\n"
	    "  adit echo 127.0.0.1:7007\n"
	    "  adit ping 127.0.0.1:7007\n"), out);
}

/* Sends the gathered datagrams. */
static void
echo_flush(struct flusher *f)
{
	struct echo *e = LIST_ITEM(f, struct echo, flusher);

	udp_flush(&e->queue);
}

/* Sends a datagram back to its sender, unless that might answer for ever. */
static void
echo_answer(struct echo_socket *s, const struct udp_msg *m)
{
	struct echo *e = s->echo;
	uint64_t now_ms = loop_now(e->loop);
	const char *why = echo_loop_refuse(&e->loops, &m->peer, s->port,
	    m->d.data, m->d.len, now_ms);
	char from[ADDR_TEXT];

	if (why == NULL) {
		e->count++;
		e->bytes += m->d.len;
		udp_put(&e->queue, &s->udp, &m->d, &m->peer, &m->local);
		return;
	}
	e->refused++;
	log_limited(&e->refused_limit, now_ms, LEVEL_WARN,
	    "not answered: %s (%s)", why, addr_text(&m->peer, from));
}

/* Answers the datagrams that were received. */
static void
echo_readable(struct watch *w, unsigned events)
{
	struct echo_socket *s = LIST_ITEM(w, struct echo_socket, watch);
	struct echo *e = s->echo;
	int batch, i, n;

	(void)events;
	for (batch = 0; batch < ECHO_BATCHES; batch++) {
		n = udp_receive(&s->udp, loop_arena(e->loop), e->msg,
		    UDP_BATCH);
		if (n == 0)
			return;
		for (i = 0; i < n; i++)
			echo_answer(s, &e->msg[i]);
		if (n > 0)
			loop_mark(e->loop, &e->flusher);
	}
}

/* SIGINT or SIGTERM: ends the program. */
static void
echo_stop(void *arg)
{
	struct echo *e = arg;

	daemon_stopping();
	loop_stop(e->loop);
}

/* Listens on an address; 0, or -1, errno and the step that failed. */
static int
echo_listen(struct echo *e, const struct addr *at, const char **step)
{
	struct echo_socket *s = &e->socket[e->n_sockets];
	struct udp_options options;
	char text[ADDR_TEXT];
	struct addr local;

	memset(&options, 0, sizeof(options));
	options.receive_buffer = options.send_buffer = ECHO_BUFFER;
	s->echo = e;
	if (udp_open(&s->udp, at, NULL, &options, step) != 0)
		return -1;
	if (watch_start(&s->watch, e->loop, s->udp.fd, READABLE,
	    echo_readable) != 0)
		die_system("cannot watch a socket");
	e->n_sockets++;
	udp_local(&s->udp, &local);
	s->port = local.port;
	log_info("listening on %s", addr_text(&local, text));
	return 0;
}

/* Listens on all addresses of a host.  Skips those of a family that this system
 * does not have, unless all are. */
static void
echo_listen_all(struct echo *e, const struct hostport *at)
{
	char text[HOST_TEXT + 16];
	struct addr addr[RESOLVE_MAX];
	const char *why, *step = "bind";
	int error = 0;
	unsigned i, n;

	n = resolve_now(at->host, at->port, LOOKUP_BIND, addr, &why);
	if (n == 0)
		die_usage("%s", why);
	for (i = 0; i < n; i++) {
		if (echo_listen(e, &addr[i], &step) == 0)
			continue;
		error = errno;
		if (error != EAFNOSUPPORT && error != EADDRNOTAVAIL)
			break;
	}
	errno = error;
	if (e->n_sockets == 0 || i < n)
		die_system("cannot listen on %s%s: %s", hostport_text(at,
		    text), error == EADDRINUSE ? ", where another program "
		    "listens; choose another port" : "", step);
}

/* Logs the totals, and frees everything. */
static void
echo_end(struct echo *e)
{
	unsigned long lost = 0, truncated = 0;
	struct udp_losses *l;
	unsigned i;

	for (i = 0; i < e->n_sockets; i++) {
		l = &e->socket[i].udp.lost;
		lost += l->full + l->too_big + l->failed;
		truncated += l->truncated;
		watch_stop(&e->socket[i].watch);
		udp_close(&e->socket[i].udp);
	}
	log_info("answered %" PRIu64 " datagrams, %" PRIu64 " bytes; %lu "
	    "answers lost, %lu datagrams truncated, %" PRIu64 " refused",
	    e->count - lost, e->bytes, lost, truncated, e->refused);
	loop_unmark(e->loop, &e->flusher);
	loop_free(e->loop);
	free(e);
}

/* Reads the command line; -1 to continue, or the exit status. */
static int
echo_options(int argc, char **argv, struct hostport *at)
{
	const char *positional[1] = { "127.0.0.1:7007" }, *why;
	struct echo_settings settings;
	struct opt_error error;
	int n;

	memset(&settings, 0, sizeof(settings));
	opt_presets(rows, &settings);
	switch (opt_args(rows, &settings, argc, argv, positional, 1, &n,
	    &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		echo_help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		run_usage(&cmd_echo, error.text);
	}
	if (hostport_parse(at, positional[0], 0, &why) != 0)
		die_usage("%s: %s; write ADDRESS:PORT, for example "
		    "127.0.0.1:7007", positional[0], why);
	log_set_level((enum log_level)settings.level);
	return -1;
}

/* `adit echo`. */
static int
echo_main(int argc, char **argv)
{
	struct daemon_settings daemon;
	struct daemon_hooks hooks;
	struct hostport at;
	struct random random;
	struct fault fault;
	struct echo *e;
	int status;

	log_set_name("echo");
	status = echo_options(argc, argv, &at);
	if (status >= 0)
		return status;
	if (sock_init() != 0)
		die_system("cannot use sockets");
	memset(&daemon, 0, sizeof(daemon));
	if (daemon_start(&daemon, &fault) != 0)
		die_usage("%s", fault.text);
	if (random_init(&random) != 0)
		die_system("the system has no source of random numbers");
	e = xcalloc(1, sizeof(*e));
	random_bytes(&random, e->loops.seed, sizeof(e->loops.seed));
	e->flusher.fn = echo_flush;
	e->loop = loop_new(NULL);
	if (e->loop == NULL || arena_open(e->loop, ECHO_SLOTS, 0, 0) != 0)
		die_system("cannot make the event loop");
	memset(&hooks, 0, sizeof(hooks));
	hooks.on_stop = echo_stop;
	hooks.arg = e;
	daemon_signals(e->loop, &hooks);
	echo_listen_all(e, &at);
	daemon_ready();
	loop_run(e->loop);
	daemon_end(&daemon);
	echo_end(e);
	return 0;
}

const struct cmd cmd_echo = {
	"echo", echo_main, "send every datagram back to its sender", echo_help,
	rows, NULL
};
