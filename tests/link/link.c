/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A link with a rate, a delay, a queue and losses, between two network
 * namespaces of this machine: link [OPTION]... NETNS NETNS, where NETNS is a
 * file such as /proc/PID/ns/net.
 *
 * NOTES.  Each namespace gets a TUN device named link0.  A packet that one of
 * them sends is lost at random, or enters the queue of its direction; a packet
 * that finds the queue full is lost.  Its transmission takes its bits divided
 * by the rate; then it comes out of the other device after the delay.  Both
 * directions have the same parameters and are otherwise independent; a round
 * trip takes the delay twice.  The losses depend only on the seed.  Linux only.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <time.h>
#include <unistd.h>

enum {
	MTU = 1500,
	PACKETS = 32768,	/* in a direction, waiting or under way */
	TURN = 64,		/* packets read before others' turn */
};

#define SECOND 1000000000ull	/* nanoseconds */

/* A packet between the devices. */
struct packet {
	uint64_t sent_ns;	/* its last bit is on the wire then */
	uint16_t len;
	uint8_t data[MTU];
};

/* From one device to the other. */
struct direction {
	int from, to;		/* devices */
	struct packet *ring;	/* PACKETS of them, oldest at first */
	unsigned first, count;
	unsigned waiting;	/* the newest so many are not on the wire yet */
	size_t queued;		/* bytes of those */
	uint64_t free_ns;	/* the wire is busy until then */
	uint64_t random;	/* state of the generator */
	uint64_t passed, lost, full, bytes;
};

static uint64_t rate = 100000000;	/* bits a second */
static uint64_t delay_ns = 25000000;
static size_t queue = 625000;		/* bytes */
static uint64_t loss;			/* of 2^32 packets */
static volatile sig_atomic_t ended;

static void
die(const char *what)
{
	fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void
end(int number)
{
	(void)number;
	ended = 1;
}

/* xorshift64*: 32 bits. */
static uint32_t
chance(struct direction *d)
{
	d->random ^= d->random >> 12;
	d->random ^= d->random << 25;
	d->random ^= d->random >> 27;
	return (uint32_t)(d->random * 2685821657736338717u >> 32);
}

/* Makes link0 in that namespace; returns its descriptor. */
static int
device_open(const char *netns)
{
	struct ifreq r;
	int ns = open(netns, O_RDONLY | O_CLOEXEC), fd;

	if (ns == -1 || setns(ns, CLONE_NEWNET) == -1)
		die(netns);
	close(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		die("/dev/net/tun");
	memset(&r, 0, sizeof(r));
	strcpy(r.ifr_name, "link0");
	r.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &r) == -1)
		die("link0");
	ns = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r.ifr_qlen = 1000;
	if (ns == -1 || ioctl(ns, SIOCSIFTXQLEN, &r) == -1)
		die("link0");
	close(ns);
	return fd;
}

/* What the wire has taken up to now is no more in the queue. */
static void
direction_advance(struct direction *d, uint64_t now)
{
	const struct packet *p;

	while (d->waiting > 0) {
		p = &d->ring[(d->first + d->count - d->waiting) % PACKETS];
		if (p->sent_ns > now)
			return;
		d->queued -= p->len;
		d->waiting--;
	}
}

/* Takes what the device sends. */
static void
direction_read(struct direction *d)
{
	uint8_t spill[MTU];
	struct packet *p;
	uint64_t now;
	ssize_t n;
	int i;

	for (i = 0; i < TURN; i++) {
		p = &d->ring[(d->first + d->count) % PACKETS];
		n = read(d->from, d->count < PACKETS ? p->data : spill, MTU);
		if (n <= 0)
			return;
		now = now_ns();
		direction_advance(d, now);
		if (chance(d) < loss) {
			d->lost++;
			continue;
		}
		if (d->count == PACKETS || d->queued + (size_t)n > queue) {
			d->full++;
			continue;
		}
		if (d->free_ns < now)
			d->free_ns = now;
		d->free_ns += (uint64_t)n * 8 * SECOND / rate;
		p->sent_ns = d->free_ns;
		p->len = (uint16_t)n;
		d->queued += (size_t)n;
		d->count++;
		d->waiting++;
	}
}

/* Hands out what has arrived; returns when the next will, or 0. */
static uint64_t
direction_write(struct direction *d)
{
	const struct packet *p;

	while (d->count > 0) {
		p = &d->ring[d->first];
		if (p->sent_ns + delay_ns > now_ns())
			return p->sent_ns + delay_ns;
		direction_advance(d, p->sent_ns);
		/* A device that is not up refuses it. */
		if (write(d->to, p->data, p->len) == p->len) {
			d->passed++;
			d->bytes += p->len;
		}
		d->first = (d->first + 1) % PACKETS;
		d->count--;
	}
	return 0;
}

static void
direction_open(struct direction *d, int from, int to, uint64_t seed)
{
	d->from = from;
	d->to = to;
	d->random = seed * 0x9e3779b97f4a7c15u | 1;
	d->ring = calloc(PACKETS, sizeof(*d->ring));
	if (d->ring == NULL)
		die("memory");
}

/* A number with decimals, in units of 1/one. */
static uint64_t
number(const char *text, double one)
{
	char *rest;
	double value = strtod(text, &rest);

	if (rest == text || *rest != '\0' || value < 0) {
		fprintf(stderr, "link: %s: no number\n", text);
		exit(2);
	}
	return (uint64_t)(value * one + 0.5);
}

int
main(int argc, char **argv)
{
	static struct direction d[2];
	struct pollfd fd[2];
	struct timespec wait;
	struct sigaction action;
	sigset_t signals, before;
	uint64_t seed = 1, next, then, now;
	int device[2], option, i;

	while ((option = getopt(argc, argv, "r:d:q:l:s:")) != -1)
		switch (option) {
		case 'r': rate = number(optarg, 1e6); break;
		case 'd': delay_ns = number(optarg, 1e6); break;
		case 'q': queue = (size_t)number(optarg, 1e3); break;
		case 'l': loss = number(optarg, 4294967296. / 100); break;
		case 's': seed = number(optarg, 1); break;
		default: optind = argc; break;
		}
	if (argc - optind != 2 || rate == 0) {
		fputs("usage: link [-r MBIT/S] [-d ONE-WAY-MS] [-q KB] "
		    "[-l LOSS-PERCENT] [-s SEED] NETNS NETNS\n", stderr);
		return 2;
	}
	(void)prctl(PR_SET_TIMERSLACK, 1000ul);
	/* A signal is let in while ppoll() waits, and only then. */
	memset(&action, 0, sizeof(action));
	action.sa_handler = end;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &signals, &before);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	device[0] = device_open(argv[optind]);
	device[1] = device_open(argv[optind + 1]);
	direction_open(&d[0], device[0], device[1], 2 * seed);
	direction_open(&d[1], device[1], device[0], 2 * seed + 1);
	puts("link: ready");
	(void)fflush(stdout);
	while (!ended) {
		next = 0;
		for (i = 0; i < 2; i++) {
			fd[i].fd = d[i].from;
			fd[i].events = POLLIN;
			then = direction_write(&d[i]);
			if (then != 0 && (next == 0 || then < next))
				next = then;
		}
		now = now_ns();
		then = next > now ? next - now : 0;
		wait.tv_sec = (time_t)(then / SECOND);
		wait.tv_nsec = (long)(then % SECOND);
		if (ppoll(fd, 2, next != 0 ? &wait : NULL, &before) <= 0)
			continue;
		for (i = 0; i < 2; i++)
			if (fd[i].revents != 0)
				direction_read(&d[i]);
	}
	for (i = 0; i < 2; i++)
		printf("link: %s: %" PRIu64 " packets, %" PRIu64 " bytes, "
		    "%" PRIu64 " lost, %" PRIu64 " found the queue full\n",
		    i == 0 ? "there" : "back", d[i].passed, d[i].bytes,
		    d[i].lost, d[i].full);
	return 0;
}
