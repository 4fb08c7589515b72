/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The steps of the doctor in their order, and those of them that need no
 * connection: clock, identity and resolution.
 */

#include "compat.h"

#include "daemon/doctor_step.h"

#include "base/release.h"
#include "base/text.h"

enum {
	DOCTOR_TIMEOUT_MS = 4000,	/* where there is no setting */
	DAY_S = 86400,
};

/*
 * Words
 */

const char *
doctor_result_word(enum doctor_result result)
{
	switch (result) {
	case DOCTOR_OK:
		return "ok";
	case DOCTOR_FAILED:
		return "failed";
	case DOCTOR_SKIPPED:
		break;
	}
	return "skipped";
}

/* Ends the step. */
static void
doctor_end(struct doctor *d, enum doctor_result result, const char *fmt,
    va_list ap)
{
	struct text t;

	if (d->ended)
		return;
	d->ended = true;
	d->result = result;
	text_init(&t, d->text, sizeof(d->text));
	text_add_va(&t, fmt, ap);
	d->remedy[0] = '\0';
}

void
doctor_pass(struct doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	doctor_end(d, DOCTOR_OK, fmt, ap);
	va_end(ap);
}

void
doctor_skip(struct doctor *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	doctor_end(d, DOCTOR_SKIPPED, fmt, ap);
	va_end(ap);
}

void
doctor_fail(struct doctor *d, const char *remedy, const char *fmt, ...)
{
	char *rest;
	va_list ap;

	if (d->ended)
		return;
	va_start(ap, fmt);
	doctor_end(d, DOCTOR_FAILED, fmt, ap);
	va_end(ap);
	rest = strstr(d->text, "; ");
	if (remedy == NULL && rest != NULL) {
		*rest = '\0';
		remedy = rest + 2;
	}
	strlcpy(d->remedy, remedy == NULL ? "correct that, and run this again" :
	    remedy, sizeof(d->remedy));
}

int64_t
doctor_timeout_ms(const struct doctor *d)
{
	int64_t ms = d->plan->end[RIGHT].settings.timeout_ms;

	return ms > 0 ? ms : DOCTOR_TIMEOUT_MS;
}

/* By what an end carries datagrams. */
static enum doctor_carrier
doctor_carrier_of(const struct plan_end *e)
{
	const char *name = e->kind->name;

	if (e->kind->device)
		return DOCTOR_BY_DEVICE;
	if (text_after(name, "tls") != NULL || e->settings.tls)
		return DOCTOR_BY_TLS;
	if (text_after(name, "dtls") != NULL)
		return DOCTOR_BY_DTLS;
	if (strcmp(name, "ip-udp") == 0)
		return DOCTOR_BY_IP_UDP;
	if (strcmp(name, "udp") == 0 || strcmp(name, "udp-listen") == 0)
		return DOCTOR_BY_UDP;
	return DOCTOR_BY_TCP;
}

/*
 * Clock
 */

/* Does the tunnel judge certificates, or show one? */
static bool
doctor_has_dates(const struct doctor *d)
{
	return d->carrier[LEFT] == DOCTOR_BY_TLS ||
	    d->carrier[RIGHT] == DOCTOR_BY_TLS;
}

static void
doctor_clock(struct doctor *d)
{
	int64_t now_s = clock_wall_s();
	char now[20];

	clock_wall_text(now_s, now);
	if (now_s >= CLOCK_LEAST_S)
		doctor_pass(d, "%s", now);
	else if (!doctor_has_dates(d))
		doctor_pass(d, "%s, which is wrong; this tunnel needs no "
		    "clock", now);
	else
		doctor_fail(d, "set the clock: let NTP run before the tunnel "
		    "(timedatectl set-ntp true; on a router the address of an "
		    "NTP server that needs neither DNS nor this tunnel), or "
		    "once by hand: date -s \"YYYY-MM-DD hh:mm\"",
		    "the clock says %s, which is before this release was "
		    "made: good certificates seem to be not valid yet", now);
}

/*
 * Identity
 */

/* Judges the dates of our own certificate; false: it failed. */
static bool
identity_check_dates(struct doctor *d, const char *path,
    const struct pem_chain *chain)
{
	int64_t now_s = clock_wall_s();
	char date[20];

	if (now_s > chain->not_after_s) {
		clock_wall_text(chain->not_after_s, date);
		doctor_fail(d, "renew it: by the CA that has issued it, or, if "
		    "adit gencert made it, by the same command with --force",
		    "%s: our certificate \"%s\" has expired on %s, and peers "
		    "refuse it", path, chain->subject, date);
		return false;
	}
	if (now_s < chain->not_before_s) {
		clock_wall_text(chain->not_before_s, date);
		doctor_fail(d, "compare the clock of this machine with that of "
		    "the one where the certificate was made, and set the one "
		    "that is wrong", "%s: our certificate \"%s\" is not valid "
		    "before %s", path, chain->subject, date);
		return false;
	}
	return true;
}

/* Adds what a side has to show and whom it trusts. */
static void
identity_add_tls(struct text *t, const struct settings *s,
    const struct credentials *c)
{
	const char *trusted = s->cafile != NULL ? s->cafile :
	    s->ca_path != NULL ? s->ca_path : c->trust->store;
	char day[16];

	if (c->setup.chain != NULL) {
		cert_day_text(c->chain.not_after_s, day);
		text_add(t, "our certificate \"%s\", valid until %s",
		    c->chain.subject, day);
	} else {
		text_add(t, "no certificate of our own");
	}
	if (trusted != NULL)
		text_add(t, "; trusted CAs: %s (%lu)", trusted,
		    (unsigned long)c->setup.anchors->num);
}

/* Loads the certificates of a side; false: it failed. */
static bool
identity_load_tls(struct doctor *d, enum side side, struct text *t)
{
	const struct settings *s = &d->plan->end[side].settings;
	struct credentials *c;
	struct fault f;
	bool good;

	c = credentials_load(d->tunnel->end[side], s, side == LEFT,
	    NULL, &f);
	if (c == NULL) {
		doctor_fail(d, NULL, "%s", f.text);
		return false;
	}
	good = c->setup.chain == NULL ||
	    identity_check_dates(d, s->cert, &c->chain);
	identity_add_tls(t, s, c);
	if (side == RIGHT)
		d->credentials = c;
	else
		credentials_free(c);
	return good;
}

/* Loads the keys of a side; false: it failed. */
static bool
identity_load_keys(struct doctor *d, enum side side, struct text *t)
{
	char text[DOCTOR_TEXT];
	struct fault f;

	if (doctor_dtls_keys(d, side, text, sizeof(text), &f) != 0) {
		doctor_fail(d, NULL, "%s", f.text);
		return false;
	}
	text_add(t, "%s", text);
	return true;
}

void
doctor_identity(struct doctor *d)
{
	char text[DOCTOR_TEXT];
	struct text t;
	unsigned side;

	text_init(&t, text, sizeof(text));
	for (side = LEFT; side <= RIGHT; side++) {
		if ((d->carrier[side] == DOCTOR_BY_TLS ||
		    d->carrier[side] == DOCTOR_BY_DTLS) && *text != '\0')
			text_add(&t, "; ");
		if (d->carrier[side] == DOCTOR_BY_TLS &&
		    !identity_load_tls(d, (enum side)side, &t))
			return;
		if (d->carrier[side] == DOCTOR_BY_DTLS &&
		    !identity_load_keys(d, (enum side)side, &t))
			return;
	}
	if (*text == '\0')
		doctor_skip(d, "neither end has certificates or keys");
	else
		doctor_pass(d, "%s", text);
}

/*
 * Resolution
 */

static void
doctor_resolved(struct lookup *l, const struct addr *addr, unsigned n,
    const char *why)
{
	struct doctor *d = LIST_ITEM(l, struct doctor, lookup);
	char text[ADDR_TEXT], all[RESOLVE_MAX * ADDR_TEXT];
	struct text t;
	unsigned i;

	if (n == 0 && l->silent) {
		doctor_fail(d, "look at the name servers of this machine "
		    "(/etc/resolv.conf, resolvectl status): is it online, and "
		    "do they answer other names? Until then give the address "
		    "in place of the name; with TLS also name=NAME", "%s",
		    why);
		return;
	}
	if (n == 0) {
		doctor_fail(d, "check how the name is spelled; if no other "
		    "name is found either (getent hosts NAME, or "
		    "nslookup NAME), this machine is not online or has no "
		    "working name server (/etc/resolv.conf, or ipconfig "
		    "/all); until then an address can be given, with TLS "
		    "also name=NAME", "%s", why);
		return;
	}
	text_init(&t, all, sizeof(all));
	for (i = 0; i < n; i++) {
		d->addr[i] = addr[i];
		text_add(&t, "%s%s", i == 0 ? "" : ", ",
		    addr_ip_text(&addr[i], text));
	}
	d->n_addr = n;
	if (strcmp(d->aim.at.host, all) == 0)
		doctor_pass(d, "%s is an address", all);
	else
		doctor_pass(d, "%s: %s", d->aim.at.host, all);
}

static void
doctor_resolution(struct doctor *d)
{
	if (d->carrier[RIGHT] == DOCTOR_BY_DEVICE) {
		doctor_skip(d, "a device has no name to look up");
		return;
	}
	target_init(&d->target, d->tunnel->end[RIGHT],
	    &d->plan->end[RIGHT].settings);
	(void)target_choose(&d->target, &d->aim);
	if (*d->aim.at.host == '\0') {
		doctor_skip(d, "this end learns its peers' addresses from what "
		    "they send");
		return;
	}
	resolve_start(d->resolver, &d->lookup, d->aim.at.host, d->aim.at.port,
	    LOOKUP_CONNECT, doctor_timeout_ms(d), doctor_resolved);
}

/*
 * All steps
 */

static const struct {
	const char *name;	/* in texts and JSON */
	void (*run)(struct doctor *);
} doctor_steps[DOCTOR_STEPS] = {
	[DOCTOR_CLOCK] = { "clock", doctor_clock },
	[DOCTOR_IDENTITY] = { "identity", doctor_identity },
	[DOCTOR_RESOLUTION] = { "resolution", doctor_resolution },
	[DOCTOR_TCP] = { "tcp", doctor_tcp },
	[DOCTOR_TLS] = { "tls", doctor_tls },
	[DOCTOR_DTLS] = { "dtls", doctor_dtls },
	[DOCTOR_TARGET] = { "target", doctor_target },
	[DOCTOR_PATH] = { "path-mtu", doctor_path },
	[DOCTOR_LISTEN] = { "listen", doctor_listen },
};

const char *
doctor_step_name(enum doctor_step step)
{
	return doctor_steps[step].name;
}

/* Runs a step to its end, and reports it. */
static void
doctor_run_step(struct doctor *d, enum doctor_step step, doctor_fn *fn,
    void *arg)
{
	struct doctor_found found = { .step = step };
	uint64_t began_us = clock_mono_us();

	d->step = step;
	d->ended = false;
	loop_update(d->loop);
	doctor_steps[step].run(d);
	while (!d->ended)
		loop_turn(d->loop, -1);
	found.time_us = clock_mono_us() - began_us;
	found.result = d->result;
	found.text = d->text;
	found.remedy = d->remedy;
	fn(arg, &found);
}

enum doctor_step
doctor_run(struct doctor *d, const struct plan *plan, doctor_fn *fn,
    void *arg)
{
	unsigned step, side;

	d->plan = plan;
	for (side = LEFT; side <= RIGHT; side++)
		d->carrier[side] = doctor_carrier_of(&plan->end[side]);
	memset(&d->aim, 0, sizeof(d->aim));
	d->n_addr = 0;
	d->tunnel = tunnel_new(d->loop, d->resolver, &d->random, plan);
	must(d->tunnel != NULL);
	for (step = 0; step < DOCTOR_STEPS; step++) {
		doctor_run_step(d, (enum doctor_step)step, fn, arg);
		if (d->result == DOCTOR_FAILED)
			break;
	}
	doctor_probe_close(d);
	doctor_dtls_close(d);
	doctor_stream_close(d);
	credentials_free(d->credentials);
	d->credentials = NULL;
	tunnel_free(d->tunnel);
	d->tunnel = NULL;
	/* Frees what is freed later. */
	loop_turn(d->loop, 0);
	return (enum doctor_step)step;
}

/*
 * Beginning and end
 */

/* Makes a loop whose arena has room for any ends; 0, or -1 and the fault. */
static int
doctor_make_loop(struct doctor *d, struct fault *f)
{
	size_t head = 0, tail = 0;
	unsigned i;

	d->loop = loop_new(NULL);
	if (d->loop == NULL)
		return fault_system(f, NULL, "cannot make the event loop: %s",
		    strerror(errno));
	for (i = 0; end_list[i] != NULL; i++) {
		if (head < end_list[i]->headroom)
			head = end_list[i]->headroom;
		if (tail < end_list[i]->tailroom)
			tail = end_list[i]->tailroom;
	}
	if (tunnel_make_arena(d->loop, head, tail) != 0)
		return fault_system(f, NULL, "no memory for datagrams");
	return resolver_attach(d->resolver, d->loop, f);
}

struct doctor *
doctor_new(struct fault *f)
{
	struct doctor *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		(void)fault_system(f, NULL, "no memory");
		return NULL;
	}
	d->stream.fd = FD_NONE;
	if (sock_init() != 0)
		(void)fault_system(f, NULL, "cannot use sockets: %s",
		    strerror(errno));
	else if ((d->resolver = resolver_new(NULL, f)) == NULL)
		;
	else if (random_init(&d->random) != 0)
		(void)fault_system(f, NULL, "the system has no source of "
		    "random numbers: %s", strerror(errno));
	else if (doctor_make_loop(d, f) == 0)
		return d;
	doctor_free(d);
	return NULL;
}

void
doctor_free(struct doctor *d)
{
	if (d == NULL)
		return;
	if (d->resolver != NULL)
		resolver_free(d->resolver);
	if (d->loop != NULL)
		loop_free(d->loop);
	free(d);
}
