/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The doctor's step path MTU: how long the datagrams are that get through.
 *
 * NOTES.  wire/path_mtu.h searches; the questions are heartbeats of DTLS, or
 * those of a TUN device.  Over TCP the system makes the segments, and the
 * handshake of TLS has shown whether long ones arrive (doctor_stream.c).
 */

#include "compat.h"

#include "daemon/doctor_step.h"

enum {
	PATH_WG = 32,		/* that WireGuard adds to a packet */
	PATH_NEEDS = 1280,	/* bytes of the longest packet that IPv6 may
				 * not split (RFC 8200 5) */
};

/* Says which length gets through, as the search has found it. */
static void
doctor_path_found(struct doctor *d)
{
	const struct path_mtu *p = &d->path.mtu;
	bool device = d->carrier[LEFT] == DOCTOR_BY_DEVICE;
	unsigned most = p->size, inside = device ? most : most - PATH_WG;

	if (p->good == 0)
		doctor_fail(d, "the carrier works for short datagrams only: "
		    "lower the MTU of what runs inside to 576, and find out "
		    "which router or firewall drops the long ones", "nothing "
		    "of %d bytes or more gets through", PATH_MTU_LEAST);
	else if (p->size == p->room && device)
		doctor_pass(d, "datagrams of %u bytes get through, the most "
		    "that fits into a packet of 1500 bytes", most);
	else if (p->size == p->room)
		doctor_pass(d, "datagrams of %u bytes get through, the most "
		    "that fits into a packet of 1500 bytes; longer ones go in "
		    "fragments (WireGuard inside: MTU = %u avoids that)", most,
		    inside);
	else if (most < PATH_NEEDS + (device ? 0 : PATH_WG))
		doctor_fail(d, NULL, "datagrams over %u bytes get lost on the "
		    "way; lower the MTU of what runs inside (WireGuard: MTU = "
		    "%u), and find out which router or firewall drops long "
		    "packets and the ICMP messages about them", most, inside);
	else if (device)
		doctor_pass(d, "datagrams of up to %u bytes get through; the "
		    "device's MTU follows, or mtu=%u sets it from the start",
		    most, most);
	else
		doctor_pass(d, "datagrams of up to %u bytes get through; set "
		    "the MTU of what runs inside to that (WireGuard: %u)",
		    most, inside);
}

static void doctor_path_due(struct timer *);

/* Ends the step when the search has ended, else waits for its next step. */
static void
doctor_path_settle(struct doctor *d)
{
	const struct path_mtu *p = &d->path.mtu;

	switch (p->state) {
	case PATH_MTU_COMPLETE:
		doctor_path_found(d);
		break;
	case PATH_MTU_UNABLE:
		doctor_skip(d, "the peer does not answer questions about the "
		    "length of datagrams");
		break;
	case PATH_MTU_DISABLED:
		doctor_fail(d, "run this again: the peer has answered before; "
		    "if it stays so the path loses nearly everything", "no "
		    "answer any more");
		break;
	case PATH_MTU_BASE:
	case PATH_MTU_SEARCHING:
		timer_set(&d->path.due, d->loop, p->due_ms, doctor_path_due);
		return;
	}
	timer_stop(&d->path.due);
}

static void
doctor_path_due(struct timer *t)
{
	struct doctor *d = LIST_ITEM(t, struct doctor, path.due);
	uint16_t size[PATH_MTU_ROUND];
	unsigned i, n;

	n = path_mtu_due(&d->path.mtu, loop_now(d->loop), size);
	doctor_path_settle(d);
	for (i = 0; i < n && !d->ended; i++)
		d->path.ask(d, d->path.mtu.number, size[i] == PATH_PROBE_BARE ?
		    PATH_PROBE_HEAD : size[i]);
}

void
doctor_path_begin(struct doctor *d, size_t room,
    void (*ask)(struct doctor *, uint32_t number, uint16_t size))
{
	uint8_t number[4];

	random_bytes(&d->random, number, sizeof(number));
	path_mtu_init(&d->path.mtu, (uint32_t)number[0] << 8 | number[1]);
	path_mtu_room(&d->path.mtu, room);
	d->path.ask = ask;
	path_mtu_begin(&d->path.mtu, loop_now(d->loop));
	doctor_path_settle(d);
}

void
doctor_path_answered(struct doctor *d, uint32_t number, uint16_t size)
{
	if (d->ended || d->step != DOCTOR_PATH)
		return;
	path_mtu_heard(&d->path.mtu);
	if (path_mtu_answer(&d->path.mtu, number, size, loop_now(d->loop)))
		doctor_path_settle(d);
}

/* Over TCP. */
static void
doctor_path_tcp(struct doctor *d)
{
	int mss = d->stream.mss;

	if (mss == 0 && d->carrier[RIGHT] == DOCTOR_BY_TLS)
		doctor_pass(d, "the long packets of the handshake have come; "
		    "over TCP the system cuts what is sent, and datagrams "
		    "may have any length");
	else if (mss == 0)
		doctor_skip(d, "over TCP the system cuts what is sent, and "
		    "datagrams may have any length");
	else
		doctor_fail(d, NULL, "packets over %d bytes get lost on the "
		    "way, and no router says so; set mss=%d at this end, or at "
		    "the server for all its clients (without it each new "
		    "connection waits until that is found out again); better, "
		    "find out which router or firewall drops long packets and "
		    "the ICMP messages about them", mss + 40, mss);
}

void
doctor_path(struct doctor *d)
{
	switch (d->carrier[RIGHT]) {
	case DOCTOR_BY_TCP:
	case DOCTOR_BY_TLS:
		doctor_path_tcp(d);
		return;
	case DOCTOR_BY_DTLS:
		if (!doctor_dtls_ask(d) && !doctor_probe_ask(d))
			doctor_skip(d, "the server answers no heartbeats, by "
			    "which one could ask");
		return;
	case DOCTOR_BY_IP_UDP:
		if (!doctor_probe_ask(d))
			doctor_skip(d, "there is no device behind that answers "
			    "questions");
		return;
	case DOCTOR_BY_UDP:
	case DOCTOR_BY_DEVICE:
		doctor_skip(d, "nothing is dialled over the network");
		return;
	}
}
