/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The doctor's step DTLS: an association by the code of the `dtls` end, without
 * a flow.
 *
 * NOTES.  Heartbeats are offered whatever the settings say: the step path MTU
 * asks by them.  Datagrams say "don't fragment" where the system lets us
 * choose, so that fragments do not hide the limit of a path.
 */

#include "compat.h"

#include "daemon/doctor_step.h"

#include "base/text.h"
#include "base/value.h"
#include "tunnel/bind.h"
#include "tunnel/dtls_call.h"

struct doctor_dtls {
	struct doctor *doctor;
	struct settings settings;	/* those of RIGHT, but for heartbeats */
	struct calls calls;
	struct call_owner owner;
	struct flow flow;	/* that nobody else knows */
	struct leg leg;		/* takes the counts of losses */
	struct call *call;	/* NULL: none */
	bool refused;		/* ICMP has said so */
};

static const char dtls_silent[] = "compare address, UDP port and key with "
    "those of the server, and see whether it runs; a firewall must let the UDP "
    "port in, and some networks let no UDP out at all: try from another one, "
    "or use tls over TCP port 443.  A server that does not know our identity "
    "may be silent, too: its log has a line then";

static struct doctor_dtls *
doctor_dtls_of(struct call *c)
{
	return LIST_ITEM(c->owner, struct doctor_dtls, owner);
}

/*
 * The handshake
 */

static void
doctor_dtls_up(struct call *c)
{
	char text[120], peer[ADDR_TEXT];

	doctor_pass(doctor_dtls_of(c)->doctor, "DTLS 1.2, %s, with %s",
	    dtls_leg_text(&c->dtls, text, sizeof(text)),
	    addr_text(&c->to, peer));
}

static void
doctor_dtls_data(struct call *c, struct dgram *d, unsigned n)
{
	(void)c;
	(void)d;
	(void)n;
}

/* Frees the association. */
static void
doctor_dtls_drop(struct doctor_dtls *e)
{
	struct call *c = e->call;

	e->call = NULL;
	if (c != NULL)
		call_free(c);
}

/* What to do after an alert of the server. */
static const char *
doctor_dtls_remedy(uint8_t alert)
{
	switch (alert) {
	case 115:
		return "add our identity and its key to the server's psk-file, "
		    "or give one that is there as identity=NAME";
	case 20:
	case 51:
		return "give both ends the same key for our identity: it is "
		    "different here (psk, psk-file)";
	case 40:
	case 71:
		return "let both ends allow a common cipher suite: leave "
		    "ciphers and groups out here, or add one that the server "
		    "has; a server with certificates alone cannot be used: "
		    "Adit's DTLS has pre-shared keys";
	case 70:
		return "let the server accept DTLS 1.2";
	}
	return "the log of the server has the reason";
}

static void
doctor_dtls_closed(struct call *c, const char *why)
{
	struct doctor_dtls *e = doctor_dtls_of(c);

	doctor_fail(e->doctor, doctor_dtls_remedy(c->dtls.why_alert), "%s",
	    why);
	doctor_dtls_drop(e);
}

/* What to do when the handshake does not get on. */
static const char *
doctor_dtls_late_remedy(const struct call *c)
{
	switch (c->dtls.state) {
	case DTLS_C_KX:
		return "some of the server's datagrams get lost: a smaller mtu "
		    "(mtu=1200) on both ends helps where long ones do";
	case DTLS_C_FINISHED:
		return "give both ends the same key for our identity (psk, "
		    "psk-file), and the server a line for that identity: it is "
		    "silent when the key is wrong or the identity unknown, and "
		    "its log says which";
	default:
		return dtls_silent;
	}
}

static void
doctor_dtls_late(struct call *c)
{
	struct doctor_dtls *e = doctor_dtls_of(c);
	char why[DTLS_WHY_TEXT], limit[32];

	doctor_fail(e->doctor, doctor_dtls_late_remedy(c), "no handshake "
	    "within %s s: %s", value_ms_text(e->settings.timeout_ms, limit),
	    dtls_why(&c->dtls, why));
	doctor_dtls_drop(e);
}

static void
doctor_dtls_forgotten(struct call *c)
{
	(void)c;
}

static void
doctor_dtls_no_route(struct call *c)
{
	struct doctor_dtls *e = doctor_dtls_of(c);
	char text[ADDR_TEXT];

	doctor_fail(e->doctor, doctor_remedy_tcp(EHOSTUNREACH, false),
	    "%s cannot be reached from here: %s", addr_text(&c->to, text),
	    sock_strerror(c->udp.last_error));
	doctor_dtls_drop(e);
}

static void
doctor_dtls_refused(struct call *c)
{
	struct doctor_dtls *e = doctor_dtls_of(c);
	char text[ADDR_TEXT];

	doctor_fail(e->doctor, "the machine answers, and nothing listens on "
	    "that UDP port: start the server (adit doctor there says why it "
	    "does not listen), or correct the port", "%s: port unreachable "
	    "(ICMP)", addr_text(&c->to, text));
	doctor_dtls_drop(e);
}

static void
doctor_dtls_answered(struct call *c, uint32_t number, uint16_t size)
{
	doctor_path_answered(doctor_dtls_of(c)->doctor, number, size);
}

static const struct call_ops doctor_dtls_ops = {
	.up = doctor_dtls_up,
	.data = doctor_dtls_data,
	.closed = doctor_dtls_closed,
	.late = doctor_dtls_late,
	.forgotten = doctor_dtls_forgotten,
	.no_route = doctor_dtls_no_route,
	.refused = doctor_dtls_refused,
	.answered = doctor_dtls_answered,
};

/* Makes the common state of associations; false: the step has failed. */
static bool
doctor_dtls_start(struct doctor_dtls *e)
{
	struct doctor *d = e->doctor;
	struct fault f;

	e->settings = d->plan->end[RIGHT].settings;
	e->settings.keepalive_ms = INT32_MAX;	/* offers heartbeats */
	e->calls.shared.end = *d->tunnel->end[RIGHT];
	e->settings.df = UDP_DF_YES;
	if (d->plan->end[RIGHT].settings.df != UDP_DF_AUTO ||
	    bind_check_df(&e->calls.shared.end, &e->settings, &f) != 0)
		e->settings.df = d->plan->end[RIGHT].settings.df;
	e->flow.tunnel = d->tunnel;
	e->flow.leg_at[RIGHT] = offsetof(struct doctor_dtls, leg) -
	    offsetof(struct doctor_dtls, flow);
	e->leg.end = &e->calls.shared.end;
	e->leg.flow = &e->flow;
	e->owner.ops = &doctor_dtls_ops;
	e->owner.leg = &e->leg;
	if (calls_start(&e->calls, &e->settings, &f) == 0)
		return true;
	doctor_fail(d, NULL, "%s", f.text);
	return false;
}

void
doctor_dtls(struct doctor *d)
{
	struct doctor_dtls *e;
	char why[DTLS_WHY_TEXT];

	if (d->carrier[RIGHT] != DOCTOR_BY_DTLS) {
		doctor_skip(d, "this tunnel dials no DTLS");
		return;
	}
	e = calloc(1, sizeof(*e));
	must(e != NULL);
	e->doctor = d;
	if (!doctor_dtls_start(e)) {
		free(e);
		return;
	}
	d->dtls = e;
	e->call = call_new(&e->calls, &e->owner, d->addr, d->n_addr,
	    loop_now(d->loop) + (uint64_t)doctor_timeout_ms(d), why,
	    sizeof(why));
	if (e->call == NULL)
		doctor_fail(d, doctor_remedy_tcp(errno, e->settings.mark >= 0),
		    "%s", why);
}

/*
 * Keys, and questions
 */

int
doctor_dtls_keys(struct doctor *d, enum side side, char *text, size_t size,
    struct fault *f)
{
	const struct settings *s = &d->plan->end[side].settings;
	struct end *end = d->tunnel->end[side];
	struct dtls_psk *keys = dtls_psk_load(end, s, f);
	const uint8_t *identity;
	struct text t;
	size_t n;

	if (keys == NULL)
		return -1;
	text_init(&t, text, size);
	if (side == LEFT) {
		text_add(&t, "%lu pre-shared key%s", (unsigned long)keys->n,
		    keys->n == 1 ? "" : "s");
	} else {
		identity = dtls_psk_identity(keys, end, s, &n, f);
		if (identity == NULL) {
			dtls_psk_free(keys);
			return -1;
		}
		text_add(&t, "our identity is \"");
		text_add_quoted(&t, identity, n);
		text_add(&t, "\", with a pre-shared key");
	}
	dtls_psk_free(keys);
	return 0;
}

/* Asks about a size. */
static void
doctor_dtls_ask_size(struct doctor *d, uint32_t number, uint16_t size)
{
	if (d->dtls->call != NULL)
		(void)call_ask_size(d->dtls->call, number, size);
}

bool
doctor_dtls_ask(struct doctor *d)
{
	struct doctor_dtls *e = d->dtls;

	if (e == NULL || e->call == NULL || !call_ask(e->call))
		return false;
	doctor_path_begin(d, dtls_leg_room(&e->call->dtls, &e->call->to),
	    doctor_dtls_ask_size);
	return true;
}

void
doctor_dtls_close(struct doctor *d)
{
	struct doctor_dtls *e = d->dtls;

	d->dtls = NULL;
	if (e == NULL)
		return;
	doctor_dtls_drop(e);
	loop_flush(d->loop);
	calls_stop(&e->calls);
	loop_free_later(d->loop, e);
}
