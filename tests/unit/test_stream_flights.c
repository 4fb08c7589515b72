/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/stream.h: a flight of a TLS handshake is read by one call and sent by
 * one, as one segment with the data that follow it; what of it was not sent
 * does not count as sent; a brief stream that gets no more for now is closed as
 * others are.
 *
 * NOTES.  net/stream.c, stream_out.c and ahead.c are compiled into this test,
 * which notes their calls for each socket: r a receive that gave something, m a
 * send that waits for more, s one that does not, p what lets the system send.
 *
 * A build without TLS leaves this out.
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include <stdlib.h>

#include "sock.h"
#include "wire/tls.h"

static fd_t client_fd, blocked_fd = FD_NONE;
static fd_t failing_fd = FD_NONE;	/* nothing can be sent to it */
static size_t takes;		/* bytes that the blocked one takes */
static char calls[2][40];	/* the client's, the server's */

static void
note_call(fd_t fd, char what)
{
	char *to = calls[fd == client_fd ? 0 : 1];
	size_t n = strlen(to);

	if (n < sizeof(calls[0]) - 1)
		to[n] = what;
}

static ssize_t
noted_recv(fd_t fd, void *buf, size_t size)
{
	ssize_t n = sock_recv(fd, buf, size);

	if (n > 0)
		note_call(fd, 'r');
	return n;
}

/* Bytes that wait for more, as MSG_MORE has it: they leave with what follows,
 * on systems without it, too. */
static struct {
	uint8_t bytes[16 * 1024];
	size_t n;
} held[2];

/* Sends what waits, and this. */
static ssize_t
noted_push(fd_t fd, const void *buf, size_t len)
{
	size_t n = held[fd == client_fd ? 0 : 1].n;
	uint8_t *to = held[fd == client_fd ? 0 : 1].bytes;

	if (n == 0)
		return sock_send(fd, buf, len);
	if (n + len > sizeof(held[0].bytes))
		abort();
	memcpy(to + n, buf, len);
	held[fd == client_fd ? 0 : 1].n = 0;
	if (sock_send(fd, to, n + len) != (ssize_t)(n + len))
		abort();
	return (ssize_t)len;
}

static ssize_t
noted_send(fd_t fd, const void *buf, size_t len)
{
	if (fd == failing_fd || (fd == blocked_fd && takes == 0)) {
		errno = fd == failing_fd ? EPIPE : EAGAIN;
		return -1;
	}
	note_call(fd, 's');
	if (fd == blocked_fd && len > takes)
		len = takes;
	if (fd == blocked_fd)
		takes -= len;
	return noted_push(fd, buf, len);
}

static ssize_t
noted_send_more(fd_t fd, const void *buf, size_t len)
{
	size_t *n = &held[fd == client_fd ? 0 : 1].n;

	if (fd == blocked_fd || fd == failing_fd) {
		errno = fd == failing_fd ? EPIPE : EAGAIN;
		return -1;
	}
	note_call(fd, 'm');
	if (*n + len > sizeof(held[0].bytes))
		abort();
	memcpy(held[fd == client_fd ? 0 : 1].bytes + *n, buf, len);
	*n += len;
	return (ssize_t)len;
}

static int
noted_nodelay(fd_t fd)
{
	note_call(fd, 'p');
	(void)noted_push(fd, "", 0);
	return 0;
}

static long not_sent;		/* what each socket reports */

static long
set_notsent(fd_t fd)
{
	(void)fd;
	return not_sent;
}

#define sock_recv noted_recv
#define sock_send noted_send
#define sock_send_more noted_send_more
#define sock_opt_nodelay noted_nodelay
#define sock_notsent set_notsent
#include "net/ahead.c"
#include "net/stream.c"
#include "net/stream_out.c"
#undef sock_recv
#undef sock_send
#undef sock_send_more
#undef sock_opt_nodelay
#undef sock_notsent

#include "tap.h"
#include "tls_pair.h"
#include "wire/tls_sessions.h"

static struct loop *loop;
static struct stream_env client_env, server_env;
static struct stream client_stream, server_stream;
static struct tls_resume kept;
static struct tls_place places[TLS_SESSION_WAYS];
static struct tls_sessions sessions;
static bool speaks;		/* the client sends data as soon as it may */
static bool replies;		/* the server answers them */
static unsigned n_up, came;	/* streams up; bytes that came as data */

static void
on_up(struct stream *s)
{
	n_up++;
	if (s == &client_stream && speaks)
		must(stream_put(s, NULL, 0, (const uint8_t *)"hello", 5) == 0);
}

static void
on_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	(void)p;
	(void)head;
	came += (unsigned)n;
	if (s == &server_stream && replies)
		must(stream_put(s, NULL, 0, (const uint8_t *)"there", 5) == 0);
}

static void
on_drained(struct stream *s)
{
	(void)s;
}

static void
on_down(struct stream *s, const char *words, bool clean)
{
	(void)s;
	(void)clean;
	strlcpy(why, words, sizeof(why));
}

static const struct stream_ops ops = { on_up, on_data, on_drained, on_down };

static void
begin(void)
{
	static const uint8_t seed[TABLE_SEED] = { 1 };

	loop = loop_new(NULL);
	must(loop != NULL && arena_open(loop, 2 * DGRAM_BATCH, 0, 0) == 0);
	side_init(&server, true, "p256", NULL);
	side_init(&client, false, NULL, "ca.pem");
	tls_sessions_init(&sessions, places, TLS_SESSION_WAYS, seed);
	server.setup.sessions = &sessions;
	/* Its certificates are judged by the clock of this machine. */
	client.setup.time_check = TLS_TIME_NO;
	stream_env_open(&client_env, loop, &rnd, &ops);
	client_env.tls = &client.setup;
	client_env.name = "vpn.example.com";
	client_env.resume = &kept;
	stream_env_open(&server_env, loop, &rnd, &ops);
	server_env.tls = &server.setup;
}

/* Opens both streams, or the server's alone; returns the client's socket. */
static fd_t
open_streams(bool both)
{
	struct addr at = { 0 };
	fd_t pair[2];

	must(sock_pair(pair) == 0);
	memset(calls, 0, sizeof(calls));
	held[0].n = held[1].n = 0;
	n_up = came = 0;
	why[0] = '\0';
	client_fd = pair[0];
	if (both)
		must(stream_open(&client_stream, &client_env, pair[0],
		    &at) == 0);
	must(stream_open(&server_stream, &server_env, pair[1], &at) == 0);
	return pair[0];
}

/* Runs until so many bytes of data came, or both are up. */
static void
run(unsigned bytes)
{
	int turns;

	for (turns = 0; turns < 100 && (n_up < 2 || came < bytes); turns++)
		loop_turn(loop, 1000);
	/* What they left to the end of a turn is sent. */
	loop_turn(loop, 0);
}

static void
close_streams(void)
{
	stream_close(&client_stream);
	stream_close(&server_stream);
}

static void
test_full(void)
{
	speaks = replies = true;
	open_streams(true);
	run(10);
	ok(n_up == 2 && came == 10 && !tls_is_resumed(&client_stream.tls->tls),
	    "a full handshake, and data both ways%s%s",
	    *why != '\0' ? ": " : "", why);
	is_str(calls[0], "srsrsr", "the client's calls");
	is_str(calls[1], "rsrmprs", "the server's calls");
	close_streams();
}

static void
test_resumed(void)
{
	speaks = replies = true;
	open_streams(true);
	run(10);
	ok(n_up == 2 && came == 10 && tls_is_resumed(&client_stream.tls->tls),
	    "the same resumed");
	is_str(calls[0], "srmsr", "the client's data follow its last "
	    "message at once");
	is_str(calls[1], "rsrs", "and the server reads both by one call");
	close_streams();
}

static void
test_silent(void)
{
	speaks = replies = false;
	open_streams(true);
	run(0);
	ok(n_up == 2, "the client has nothing to say");
	is_str(calls[0], "srmp", "so its last message does not wait");
	close_streams();
}

/* Does the client understand the server's flight? */
static bool
is_understood(fd_t fd)
{
	uint8_t flight[400], *to;
	ssize_t n = sock_recv(fd, flight, sizeof(flight));
	size_t at = 0, room;

	while (n > 0 && at < (size_t)n &&
	    (to = tls_record_in(&client.tls, &room)) != NULL) {
		if (room > (size_t)n - at)
			room = (size_t)n - at;
		memcpy(to, flight + at, room);
		tls_record_in_done(&client.tls, room);
		at += room;
	}
	return n > 0 && at == (size_t)n && tls_error(&client.tls) == 0 &&
	    tls_state(&client.tls) & TLS_HAVE_RECORD;
}

/* The server's socket takes a part of what resumes a session, or nothing. */
static void
test_blocked(size_t part, size_t beyond)
{
	fd_t fd = open_streams(false);
	const uint8_t *hello;
	uint8_t more[200] = { 22, 3, 3, 0, 100 };
	size_t len;
	int i;

	client.resume = &kept;
	now_s = clock_floor_now_s(NULL);
	side_start(&client, "vpn.example.com");
	hello = tls_record_out(&client.tls, &len);
	must(sock_send(fd, hello, len) == (ssize_t)len);
	if (beyond > 0)
		must(sock_send(fd, more, beyond) == (ssize_t)beyond);
	blocked_fd = server_stream.fd;
	takes = part;
	for (i = 0; i < 3; i++)
		loop_turn(loop, 0);
	blocked_fd = FD_NONE;
	for (i = 0; i < 3; i++)
		loop_turn(loop, 0);
	if (beyond == 0)
		ok(strcmp(calls[1], part == 0 ? "rs" : "rss") == 0 &&
		    is_understood(fd), "a flight of which the socket takes %zu "
		    "bytes is sent when it takes more: %s", part, calls[1]);
	else
		ok(server_stream.env == NULL && strstr(why, "faster") != NULL,
		    "a peer that does not wait for it is left: %s", why);
	stream_close(&server_stream);
	sock_close(fd);
}

/* The last flight of a client that resumes a session fails to be sent, at once
 * or after the socket did not take it. */
static void
test_unsent_resumes(bool at_once)
{
	int turns;

	must(kept.session.params.session_id_len > 0);
	kept.failed = 1;
	speaks = replies = false;
	open_streams(true);
	for (turns = 0; turns < 100 && *calls[0] == '\0'; turns++)
		loop_turn(loop, 0);
	must(strcmp(calls[0], "s") == 0);	/* the hello */
	takes = 0;
	blocked_fd = client_fd;
	if (at_once)
		failing_fd = client_fd;
	for (turns = 0; turns < 100 && client_stream.env != NULL; turns++) {
		if (client_stream.sealed)
			failing_fd = client_fd;
		loop_turn(loop, 1000);
	}
	failing_fd = blocked_fd = FD_NONE;
	ok(*why != '\0' && n_up == 0 && kept.failed == 2 &&
	    kept.session.params.session_id_len == 0, "a session is not tried "
	    "again if the flight that resumes it fails to be sent%s: %s",
	    at_once ? "" : " later", why);
	close_streams();

	speaks = true;
	open_streams(true);
	run(5);
	ok(n_up == 2 && !tls_is_resumed(&client_stream.tls->tls), "the next "
	    "handshake is a full one");
	close_streams();
}

/* The server ends a handshake by an alert, which its socket takes or not. */
static void
test_alert(bool takes_it)
{
	static const uint8_t wrong[] = { 22, 3, 3, 0, 4, 99, 0, 0, 0 };
	fd_t fd = open_streams(false);
	int turns;

	must(sock_send(fd, wrong, sizeof(wrong)) == sizeof(wrong));
	takes = 0;
	blocked_fd = takes_it ? FD_NONE : server_stream.fd;
	for (turns = 0; turns < 100 && server_stream.env != NULL; turns++)
		loop_turn(loop, 0);
	blocked_fd = FD_NONE;
	is_int(server_env.lingers.n, takes_it ? 1 : 0, "a socket that %s an "
	    "alert lingers%s: %s", takes_it ? "takes" : "does not take",
	    takes_it ? "" : " not", why);
	sock_close(fd);
	for (turns = 0; turns < 100 && server_env.lingers.n > 0; turns++)
		loop_turn(loop, 1000);
}

/* Opens both streams, and puts so much that a brief client gets no more, since
 * its socket has not sent it. */
static void
open_stopped(void)
{
	static const uint8_t data[TLS_DATA_MAX];

	speaks = replies = false;
	open_streams(true);
	run(0);
	memset(calls, 0, sizeof(calls));
	not_sent = 2 * AHEAD_MOST;
	client_stream.brief = true;
	must(stream_put(&client_stream, NULL, 0, data, sizeof(data)) == 0);
	must(client_stream.ahead.stopped && client_stream.blocked);
}

static void
test_stopped_closes(void)
{
	int turns;

	open_stopped();
	must(stream_put(&client_stream, NULL, 0, (const uint8_t *)"bye",
	    3) == 0);
	stream_close(&client_stream);
	for (turns = 0; turns < 100 && *why == '\0'; turns++)
		loop_turn(loop, 1000);
	is_int(came, TLS_DATA_MAX + 3, "what a stopped stream has buffered is "
	    "sent when it is closed");
	is_str(calls[0], "sss", "and close_notify behind it");
	close_streams();
}

static void
test_stopped_fails(void)
{
	static const uint8_t wrong[] = { 99, 9, 9, 0, 1, 0 };
	int turns;

	open_stopped();
	/* It is not WRITABLE before it fails. */
	watch_want(&client_stream.watch, READABLE);
	must(sock_send(server_stream.fd, wrong, sizeof(wrong)) ==
	    sizeof(wrong));
	for (turns = 0; turns < 100 && server_stream.env != NULL; turns++)
		loop_turn(loop, 1000);
	ok(strstr(why, "the peer says") != NULL, "a stopped stream that fails "
	    "sends its alert: %s", why);
	close_streams();
}

static void
test_stopped_goes_on(void)
{
	int turns;

	open_stopped();
	client_stream.brief = false;
	for (turns = 0; turns < 100 && client_stream.blocked; turns++)
		loop_turn(loop, 1000);
	ok(!client_stream.ahead.stopped, "a stream that is not brief any more "
	    "is not stopped once it is WRITABLE");
	close_streams();
	not_sent = 0;
}

int
main(void)
{
	uint64_t seed = 1;

	if (sock_init() != 0)
		return 1;
	random_init_fixed(&rnd, &seed, sizeof(seed));
	begin();
	test_full();
	test_resumed();
	test_silent();
	test_blocked(0, 0);
	test_blocked(1, 0);
	test_blocked(100, 0);
	test_blocked(0, 200);
	test_alert(true);
	test_alert(false);
	test_unsent_resumes(true);
	test_unsent_resumes(false);
	test_stopped_closes();
	test_stopped_fails();
	test_stopped_goes_on();
	stream_env_close(&client_env);
	stream_env_close(&server_env);
	loop_free(loop);
	return done_testing();
}
