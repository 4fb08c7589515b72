/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the kernel refuses is counted, sent another way, or sent again; with
 * system calls of this file (Linux).
 */

#include "compat.h"

#include "net/udp.h"

#include "tap.h"

#ifdef __linux__

#include <sys/socket.h>
#include <sys/uio.h>

/* What it declares sendmmsg() with; musl has it unsigned. */
#ifdef __GLIBC__
typedef int send_flags;
#else
typedef unsigned send_flags;
#endif

/* The script: each call takes one answer. */
struct answer {
	int sent;		/* messages; -1: error */
	int error;
};

static const struct answer *script;
static unsigned calls;
static char sent[400];		/* iovecs of each message, as letters */

/* Answers a call with up to n messages. */
static int
answer(struct mmsghdr *hdr, int n)
{
	size_t at = strlen(sent);
	int i;

	calls++;
	if (script != NULL && script->sent == -1) {
		errno = script++->error;
		return -1;
	}
	if (script != NULL && script->sent != 0) {
		if (n > script->sent)
			n = script->sent;
		script++;
	}
	for (i = 0; i < n && at + 2 < sizeof(sent); i++)
		sent[at++] = (char)('0' + hdr[i].msg_hdr.msg_iovlen);
	sent[at] = '\0';
	return n;
}

int
sendmmsg(int fd, struct mmsghdr *hdr, unsigned n, send_flags flags)
{
	(void)fd;
	(void)flags;
	return n == 0 ? 0 : answer(hdr, (int)n);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct mmsghdr one;

	(void)fd;
	(void)flags;
	one.msg_hdr = *msg;
	return answer(&one, 1);
}

static struct udp udp;
static struct udp_queue queue;

/* Sends datagrams of these sizes, by that script. */
static void
play(const struct answer *answers, const size_t *sizes, unsigned n)
{
	static uint8_t bytes[2000];
	struct dgram d = { bytes, 0, 0, 0 };
	unsigned i;

	memset(&udp.lost, 0, sizeof(udp.lost));
	sent[0] = '\0';
	calls = 0;
	script = answers;
	for (i = 0; i < n; i++) {
		d.len = sizes[i];
		udp_put(&queue, &udp, &d, NULL, NULL);
	}
	udp_flush(&queue);
	script = NULL;
}

#define PLAY(sizes, ...) \
	play((const struct answer[]){ __VA_ARGS__, { 0, 0 } }, (sizes), \
	    sizeof(sizes) / sizeof((sizes)[0]))

/* Losses as text: truncated, full, refused, too big, failed. */
static const char *
losses(void)
{
	static char text[100];

	snprintf(text, sizeof(text), "%u %u %u %u %u",
	    (unsigned)udp.lost.truncated, (unsigned)udp.lost.full,
	    (unsigned)udp.lost.refused, (unsigned)udp.lost.too_big,
	    (unsigned)udp.lost.failed);
	return text;
}

static const size_t each[] = { 1, 2, 3, 4, 5 };
static const size_t run[] = { 900, 900, 900, 1, 900 };

/* What both backends do. */
static void
test_either(const char *name)
{
	PLAY(each, { 1, 0 }, { -1, EAGAIN });
	is_str(losses(), "0 4 0 0 0", "%s: a full socket loses the rest",
	    name);
	PLAY(each, { 1, 0 }, { -1, ENOBUFS }, { 1, 0 }, { 2, 0 });
	is_str(losses(), "0 1 0 0 0", "%s: a full queue loses one", name);
	is_str(sent, "1111", "%s: and goes on", name);
	PLAY(each, { -1, EMSGSIZE }, { 1, 0 }, { -1, EPERM });
	is_str(losses(), "0 0 0 1 1", "%s: each loss has its counter", name);
	is_int(udp.last_error, EPERM, "%s: the newest error is kept", name);
	is_str(sent, "111", "%s: what may go goes", name);
	PLAY(each, { -1, ECONNREFUSED });
	is_str(losses(), "0 0 1 0 0", "%s: an earlier error is counted", name);
	is_int(udp.last_refusal, ECONNREFUSED, "%s: and kept", name);
	is_str(sent, "11111", "%s: and loses nothing", name);
	PLAY(each, { -1, EHOSTUNREACH }, { -1, EHOSTUNREACH });
	is_str(losses(), "0 0 1 0 0", "%s: twice it is about this one", name);
	is_int(udp.last_refusal, EHOSTUNREACH, "%s: and kept, too", name);
	is_str(sent, "1111", "%s: which is lost alone", name);
	PLAY(each, { -1, EINTR }, { 1, 0 }, { -1, EINTR });
	is_str(losses(), "0 0 0 0 0", "%s: a signal loses nothing", name);
	is_str(sent, "11111", "%s: and all is sent", name);
	PLAY(each, { -1, ECONNREFUSED }, { -1, EAGAIN });
	is_str(losses(), "0 5 1 0 0", "%s: refused, then full", name);
	is_int(udp.last_refusal, ECONNREFUSED, "%s: what that was is kept",
	    name);
}

/* Runs in one message. */
static void
test_segments(void)
{
	udp.gso = true;
	udp.gso_max = UDP_MAX;
	PLAY(run, { 0, 0 });
	is_str(sent, "41", "a run is one message, its shorter last included");
	PLAY(run, { -1, EAGAIN });
	is_str(losses(), "0 5 0 0 0", "all of it is counted");
	PLAY(run, { -1, ENOBUFS });
	is_str(losses(), "0 4 0 0 0", "or of one run");
	PLAY(run, { -1, ECONNREFUSED }, { -1, ECONNREFUSED });
	is_str(losses(), "0 0 4 0 0", "refused as a whole");
	ok(udp.gso && udp.gso_max == UDP_MAX, "that says nothing about GSO");

	PLAY(run, { -1, EINVAL }, { -1, EINVAL }, { -1, EINVAL },
	    { -1, EINVAL }, { -1, EINVAL });
	is_str(losses(), "0 0 0 0 4", "a bad run is tried singly");
	ok(udp.gso && udp.gso_max == UDP_MAX, "neither does its failure");
	PLAY(run, { -1, EINVAL }, { 1, 0 }, { -1, EAGAIN });
	is_str(losses(), "0 4 0 0 0", "singly, it may fill the socket");

	udp.gso_max = UDP_MAX;
	PLAY(run, { -1, EMSGSIZE });
	is_str(sent, "11111", "a run over the MTU is sent singly");
	is_str(losses(), "0 0 0 0 0", "without a loss");
	ok(udp.gso && udp.gso_max == 899, "and such sizes are from then on");
	PLAY(run, { 0, 0 });
	is_int(calls, 1, "without trying");
	is_str(sent, "11111", "so they are");
	PLAY(((const size_t[]){ 300, 300 }), { 0, 0 });
	is_str(sent, "2", "smaller ones still go as runs");
	PLAY(((const size_t[]){ 256, 256, 256 }), { -1, EINVAL });
	is_str(sent, "111", "when even small ones fail");
	ok(!udp.gso, "GSO is given up");

	udp.gso = true;
	udp.gso_max = UDP_MAX;
	PLAY(run, { -1, EIO });
	is_str(sent, "11111", "a kernel that cannot gets single ones");
	ok(!udp.gso, "and is not asked again");
	PLAY(run, { 0, 0 });
	is_str(sent, "11111", "ever");
}

/* Opens the socket on that backend. */
static void
open_backend(const char *name)
{
	struct udp_options options;
	struct addr a;
	const char *step;

	memset(&options, 0, sizeof(options));
	options.backend = name;
	options.no_offload = true;
	addr_parse(&a, "127.0.0.1:9");
	is_int(udp_open(&udp, NULL, &a, &options, &step), 0, "%s opens",
	    name);
}

int
main(void)
{
	const struct udp_ops *const *ops;

	if (sock_init() == -1)
		return 1;
	for (ops = udp_list; *ops != NULL; ops++) {
		open_backend((*ops)->name);
		test_either((*ops)->name);
		if (strcmp((*ops)->name, "mmsg") == 0)
			test_segments();
		udp_close(&udp);
	}
	return done_testing();
}

#else

int
main(void)
{
	ok(true, "# skip the calls have other shapes here");
	return done_testing();
}

#endif
