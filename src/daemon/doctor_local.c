/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The doctor's steps that concern this machine: a target that is a UDP port or
 * a device here, and the LEFT end.
 */

#include "compat.h"

#include "daemon/doctor_step.h"

#include "net/udp.h"
#include "tunnel/udp_legs.h"

enum { TARGET_WAIT_MS = 1000 };	/* for an ICMP error, or an answer */

/*
 * A UDP port
 */

/* Closes the socket. */
static void
target_close(struct doctor *d)
{
	watch_stop(&d->udp_watch);
	timer_stop(&d->timer);
	udp_close(d->udp);
	loop_free_later(d->loop, d->udp);
	d->udp = NULL;
}

static void
target_silent(struct timer *t)
{
	struct doctor *d = LIST_ITEM(t, struct doctor, timer);
	char text[ADDR_TEXT];

	target_close(d);
	doctor_pass(d, "%s takes datagrams, or is silent about it",
	    addr_text(&d->addr[0], text));
}

static void
target_readable(struct watch *w, unsigned events)
{
	static const char remedy[] = "start the service there (ss -lun lists "
	    "UDP ports, wg show the port of WireGuard), or correct the port";
	struct doctor *d = LIST_ITEM(w, struct doctor, udp_watch);
	char text[ADDR_TEXT];
	uint8_t byte;
	ssize_t n;
	int error;

	(void)events;
	n = sock_recv(d->udp->fd, &byte, sizeof(byte));
	error = errno;
	if (n < 0 && error == EAGAIN)
		return;
	target_close(d);
	if (n >= 0)
		doctor_pass(d, "%s has answered",
		    addr_text(&d->addr[0], text));
	else
		doctor_fail(d, error == ECONNREFUSED ? remedy :
		    doctor_remedy_tcp(error, false), "%s: %s",
		    addr_text(&d->addr[0], text), error == ECONNREFUSED ?
		    "nothing listens on that UDP port (ICMP)" :
		    sock_strerror(error));
}

/* Sends an empty datagram, and waits for an ICMP error. */
static void
target_udp(struct doctor *d)
{
	const struct settings *s = &d->plan->end[RIGHT].settings;
	struct udp_options options = udp_legs_options(s);
	char text[ADDR_TEXT];
	const char *step;

	d->udp = calloc(1, sizeof(*d->udp));
	must(d->udp != NULL);
	if (udp_open(d->udp, NULL, &d->addr[0], &options, &step) != 0) {
		doctor_fail(d, doctor_remedy_tcp(errno, s->mark >= 0),
		    "%s: %s: %s", addr_text(&d->addr[0], text), step,
		    sock_strerror(errno));
		loop_free_later(d->loop, d->udp);
		d->udp = NULL;
		return;
	}
	if (watch_start(&d->udp_watch, d->loop, d->udp->fd, READABLE,
	    target_readable) != 0 ||
	    (sock_send(d->udp->fd, "", 0) != 0 && errno != EAGAIN)) {
		doctor_fail(d, doctor_remedy_tcp(errno, false), "%s: %s",
		    addr_text(&d->addr[0], text), sock_strerror(errno));
		target_close(d);
		return;
	}
	timer_set(&d->timer, d->loop, loop_now(d->loop) + TARGET_WAIT_MS,
	    target_silent);
}

/*
 * Devices
 */

/* Has this machine the address? */
static bool
address_is_here(const struct addr *a)
{
	struct udp_options options = { 0 };
	struct addr at = *a;
	const char *step;
	struct udp u;

	memset(&u, 0, sizeof(u));
	at.port = 0;
	if (udp_open(&u, &at, NULL, &options, &step) != 0)
		return false;
	udp_close(&u);
	return true;
}

/* Judges the addresses that a device is to have; false: the step has failed.
 * The device is not open. */
static bool
device_check_addresses(struct doctor *d, const struct settings *s)
{
	const struct addresses *own = &s->addresses;
	char text[ADDR_TEXT], server[ADDR_TEXT];
	unsigned i, j;

	for (i = 0; i < own->n; i++) {
		addr_ip_text(&own->at[i], text);
		if (address_is_here(&own->at[i])) {
			doctor_fail(d, "give the device a different addr, or "
			    "remove the address from the other device (ip "
			    "addr shows which it is; a tunnel that runs "
			    "already has it, too)", "this machine has the "
			    "address %s of the device already", text);
			return false;
		}
		for (j = 0; j < d->n_addr; j++) {
			if (!addr_in_prefix(&d->addr[j], &own->at[i],
			    (unsigned)own->prefix[i]))
				continue;
			doctor_fail(d, "choose inner addresses that neither "
			    "the server nor this network has",
			    "%s/%d of the device contains the server, %s, "
			    "which could not be reached any more", text,
			    own->prefix[i], addr_ip_text(&d->addr[j],
			    server));
			return false;
		}
	}
	return true;
}

/* What to do when an end cannot open, by the words for it; NULL: they say so
 * themselves. */
static const char *
local_remedy(const char *text)
{
	if (strstr(text, sock_strerror(EADDRINUSE)) != NULL)
		return "if this tunnel runs already, that is it, and all is "
		    "well; else stop the program that listens there (ss "
		    "-tulnp), or choose another port";
	if (strstr(text, sock_strerror(EADDRNOTAVAIL)) != NULL)
		return "give an address that this machine has (ip addr lists "
		    "them), or none, :PORT, for all of them";
	return NULL;
}

/* Starts a tunnel of the plan, or only its RIGHT end, and ends it; false: the
 * step has failed.  Its routes and programs are left out: nothing must notice
 * this. */
static bool
local_try(struct doctor *d, bool right_only)
{
	struct plan plan = *d->plan;
	struct tunnel *t;
	struct fault f;
	unsigned side;
	int result;

	for (side = LEFT; side <= RIGHT; side++) {
		memset(&plan.end[side].settings.routes, 0,
		    sizeof(plan.end[side].settings.routes));
		plan.end[side].settings.killswitch = false;
	}
	plan.tunnel.up = plan.tunnel.down = NULL;
	t = tunnel_new(d->loop, d->resolver, &d->random, &plan);
	must(t != NULL);
	if (right_only) {
		result = t->end[RIGHT]->ops->start(t->end[RIGHT],
		    &plan.end[RIGHT].settings, &f);
		t->started[RIGHT] = result == 0;
	} else {
		result = tunnel_start(t, &f);
	}
	tunnel_free(t);
	if (result != 0)
		doctor_fail(d, local_remedy(f.text), "%s", f.text);
	return result == 0;
}

void
doctor_target(struct doctor *d)
{
	switch (d->carrier[RIGHT]) {
	case DOCTOR_BY_UDP:
		target_udp(d);
		return;
	case DOCTOR_BY_DEVICE:
		if (device_check_addresses(d,
		    &d->plan->end[RIGHT].settings) && local_try(d, true))
			doctor_pass(d, "the device can be opened, and has its "
			    "addresses");
		return;
	case DOCTOR_BY_IP_UDP:
		doctor_skip(d, "the peer is not asked: run this there, too");
		return;
	case DOCTOR_BY_TCP:
	case DOCTOR_BY_TLS:
	case DOCTOR_BY_DTLS:
		break;
	}
	if (d->carrier[LEFT] == DOCTOR_BY_DEVICE)
		doctor_probe_target(d);
	else
		doctor_skip(d, "the target is seen by the server alone: run "
		    "adit doctor there, too");
}

void
doctor_listen(struct doctor *d)
{
	bool device = d->carrier[LEFT] == DOCTOR_BY_DEVICE;

	if (device && !device_check_addresses(d,
	    &d->plan->end[LEFT].settings))
		return;
	if (local_try(d, false))
		doctor_pass(d, device ? "the device can be opened, and has its "
		    "addresses" : "the port can be opened");
}
