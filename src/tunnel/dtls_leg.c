/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What both DTLS ends do with an association: the setup of the engine, and
 * records sent and received.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_leg.h"

#include "base/text.h"
#include "tunnel/udp_legs.h"

enum {
	DTLS_LEG_NAMES = 600,	/* holds the names of all suites */
	DTLS_LEG_TEXT = 120,	/* and that of one, with its group */
	DTLS_LEG_PATH = 1500,	/* MTU of the path */
	DTLS_LEG_OUT = 256,	/* smallest buffer of dtls_output() */
	DTLS_LEG_SPARE_MS = 20,	/* from a handshake to the next key pair */
	DTLS_LEG_ROOM = 1280,	/* payload that fits a packet with any suite */
};

/* Fills the fault: an element (n bytes) of the list `key` is wrong; names are
 * those that are known.  Returns -1. */
static int
list_bad(struct fault *f, const char *name, const char *key,
    const char *element, size_t n, const char *why, const char *names)
{
	return fault_user(f, key, "%s: %s: \"%.*s\" %s; there are: %s",
	    name, key, (int)(n < 80 ? n : 80), element, why, names);
}

/* Reads the next element of a list separated by colons; false at its end. */
static bool
list_next(const char **at, const char **element, size_t *n)
{
	if (*at == NULL)
		return false;
	*element = *at;
	*n = strcspn(*at, ":");
	*at += *n;
	*at = **at == ':' ? *at + 1 : NULL;
	return true;
}

/* Sets the cipher suites: those of the list, or by default all. */
static int
setup_suites(struct dtls_setup *setup, const char *name,
    const char *list, struct fault *f)
{
	const struct dtls_suite *suite;
	char names[DTLS_LEG_NAMES];
	const char *element;
	struct text text;
	size_t i, n;

	if (list == NULL || *list == '\0') {
		dtls_suites_preset(setup->suites);
		setup->n_suites = DTLS_SUITES;
		return 0;
	}
	text_init(&text, names, sizeof(names));
	for (i = 0; i < DTLS_SUITES; i++)
		text_add(&text, "%s%s", i == 0 ? "" : ":",
		    dtls_suites[i].name);
	while (list_next(&list, &element, &n)) {
		suite = dtls_suite_by_name(element, n);
		if (suite == NULL)
			return list_bad(f, name, "ciphers", element, n,
			    "is no cipher suite of ours", names);
		for (i = 0; i < setup->n_suites; i++)
			if (setup->suites[i] == suite)
				return list_bad(f, name, "ciphers", element, n,
				    "is given twice", names);
		setup->suites[setup->n_suites++] = suite;
	}
	return 0;
}

/* Sets the groups for ECDHE: those of the list, or by default all. */
static int
setup_groups(struct dtls_setup *setup, const char *name,
    const char *list, struct fault *f)
{
	const struct dtls_group *group;
	char names[DTLS_LEG_NAMES];
	const char *element;
	struct text text;
	size_t i, n;

	text_init(&text, names, sizeof(names));
	for (i = 0; i < DTLS_GROUPS; i++)
		text_add(&text, "%s%s", i == 0 ? "" : ":",
		    dtls_groups[i].name);
	if (list == NULL || *list == '\0')
		list = names;
	while (list_next(&list, &element, &n)) {
		group = dtls_group_by_name(element, n);
		if (group == NULL)
			return list_bad(f, name, "groups", element, n,
			    "is no group of ours", names);
		for (i = 0; i < setup->n_groups; i++)
			if (setup->groups[i] == group)
				return list_bad(f, name, "groups", element, n,
				    "is given twice", names);
		setup->groups[setup->n_groups++] = group;
	}
	return 0;
}

/* Sets suites and groups; 0, or -1 and the fault. */
static int
setup_lists(struct dtls_setup *setup, const char *name,
    const struct settings *s, struct fault *f)
{
	if (setup_suites(setup, name, s->ciphers, f) != 0)
		return -1;
	return setup_groups(setup, name, s->groups, f);
}

int
dtls_leg_check(const char *name, const struct settings *s, struct fault *f)
{
	struct dtls_setup setup;

	memset(&setup, 0, sizeof(setup));
	if (setup_lists(&setup, name, s, f) != 0)
		return -1;
	return dtls_psk_check(name, s, f);
}

/* Loads the keys; with those of a client its settings choose an identity.  NULL
 * and the fault. */
static struct dtls_psk *
load_keys(const struct dtls_shared *e, const struct settings *s,
    struct fault *f)
{
	struct dtls_psk *keys = dtls_psk_load(&e->end, s, f);
	size_t len;

	if (keys == NULL || e->setup.server ||
	    dtls_psk_identity(keys, &e->end, s, &len, f) != NULL)
		return keys;
	dtls_psk_free(keys);
	return NULL;
}

/* Uses keys that load_keys() returned, and a client's identity. */
static void
use_keys(struct dtls_shared *e, const struct settings *s,
    struct dtls_psk *keys)
{
	struct dtls_setup *setup = &e->setup;
	const uint8_t *identity;
	struct fault f;

	dtls_psk_free(e->keys);
	e->keys = keys;
	setup->psk = dtls_psk_find;
	setup->psk_arg = keys;
	if (setup->server)
		return;
	identity = dtls_psk_identity(keys, &e->end, s, &setup->identity_len,
	    &f);
	must(identity != NULL);
	memcpy(e->identity, identity, setup->identity_len);
	setup->identity = e->identity;
}

int
dtls_leg_start(struct dtls_shared *e, const struct settings *s, bool server,
    struct fault *f)
{
	struct dtls_setup *setup = &e->setup;
	struct dtls_psk *keys;

	e->options = udp_legs_options(s);
	e->options.found = &e->found;
	e->timeout_ms = s->timeout_ms;
	setup->server = server;
	setup->cid = !s->no_cid;
	setup->heartbeat = server || s->keepalive_ms > 0;
	setup->old_master = s->old_master;
	setup->cbc_mac = (enum dtls_cbc_mac)s->cbc_mac;
	setup->mtu = (size_t)s->mtu;
	cpu_detect(&e->cpu);
	setup->cpu = &e->cpu;
	setup->random = e->end.tunnel->random;
	setup->spare = &e->spare;
	if (setup_lists(setup, e->end.name, s, f) != 0)
		return -1;
	e->out_size = setup->mtu < DTLS_LEG_OUT ? DTLS_LEG_OUT : setup->mtu;
	e->out = calloc(1, e->out_size);
	if (e->out == NULL)
		return fault_system(f, NULL, "%s: no memory", e->end.name);
	keys = load_keys(e, s, f);
	if (keys == NULL) {
		dtls_leg_stop(e);
		return -1;
	}
	use_keys(e, s, keys);
	return 0;
}

int
dtls_leg_prepare(struct dtls_shared *e, const struct settings *s,
    struct fault *f)
{
	e->fresh = load_keys(e, s, f);
	return e->fresh == NULL ? -1 : 0;
}

void
dtls_leg_renew(struct dtls_shared *e, const struct settings *s)
{
	struct dtls_psk *keys = e->fresh;
	struct fault f;

	e->fresh = NULL;
	if (s == NULL) {
		dtls_psk_free(keys);
		return;
	}
	use_keys(e, s, keys);
	e->timeout_ms = s->timeout_ms;
	e->setup.old_master = s->old_master;
	e->setup.n_suites = e->setup.n_groups = 0;
	/* plan_check() has judged them. */
	must(setup_lists(&e->setup, e->end.name, s, &f) == 0);
}

void
dtls_leg_stop(struct dtls_shared *e)
{
	loop_unmark(e->end.tunnel->loop, &e->flusher);
	timer_stop(&e->spare_timer);
	explicit_bzero(&e->spare, sizeof(e->spare));
	dtls_psk_free(e->keys);
	e->keys = NULL;
	reuse_free(&e->handshakes);
	free(e->out);
	e->out = NULL;
}

static void
leg_fill_spare(struct timer *t)
{
	struct dtls_shared *e = LIST_ITEM(t, struct dtls_shared, spare_timer);

	dtls_spare_fill(&e->spare, e->setup.random);
}

void
dtls_leg_make_spare(struct dtls_shared *e)
{
	struct loop *loop = e->end.tunnel->loop;

	if (e->spare.group != e->spare.last &&
	    !timer_is_set(&e->spare_timer))
		timer_set(&e->spare_timer, loop,
		    loop_now(loop) + DTLS_LEG_SPARE_MS, leg_fill_spare);
}

uint64_t
dtls_leg_deadline(const struct dtls *dtls, bool up, uint64_t late_ms)
{
	uint64_t due_ms = dtls_deadline(dtls);

	return !up && late_ms < due_ms ? late_ms : due_ms;
}

void
dtls_leg_put(struct dtls_shared *e, struct udp *udp, uint8_t *bytes,
    size_t n, const struct addr *peer, const struct addr *local)
{
	struct loop *loop = e->end.tunnel->loop;
	struct dgram d = { bytes, n, 0, 0 };

	dgram_room(loop_arena(loop), &d, DTLS_HEAD, 0);
	udp_put(&e->queue, udp, &d, peer, local);
	loop_mark(loop, &e->flusher);
}

bool
dtls_leg_output(struct dtls_shared *e, struct dtls *dtls, struct udp *udp,
    const struct addr *peer, const struct addr *local)
{
	uint64_t now_ms = loop_now(e->end.tunnel->loop);
	bool any = false;
	size_t n;

	while ((n = dtls_output(dtls, e->out, e->out_size, now_ms)) > 0) {
		dtls_leg_put(e, udp, e->out, n, peer, local);
		any = true;
	}
	return any;
}

void
dtls_leg_send(struct dtls_shared *e, struct leg *leg, struct dtls *dtls,
    struct udp *udp, struct dgram *d, unsigned n, const struct addr *peer,
    const struct addr *local)
{
	struct loop *loop = e->end.tunnel->loop;
	char why[DTLS_WHY_TEXT];
	unsigned i;

	loop_mark(loop, &e->flusher);
	for (i = 0; i < n; i++) {
		if (d[i].len > DTLS_DATA_MAX) {
			flow_drop(leg, LOST_TOO_BIG, 1);
			continue;
		}
		dgram_room(loop_arena(loop), &d[i], DTLS_HEAD, DTLS_TAIL);
		if (dtls_send(dtls, &d[i].data, &d[i].len) != 0) {
			flow_drop(leg, LOST_FAILED, n - i);
			leg_failed(leg, dtls_why(dtls, why));
			return;
		}
		udp_put(&e->queue, udp, &d[i], peer, local);
		/* dgram_room() may have flushed, which unmarks. */
		loop_mark(loop, &e->flusher);
	}
}

void
dtls_leg_read(struct dtls_reading *r, const struct dgram *d)
{
	dtls_input_begin(&r->input, d->data, d->len);
	r->edge = d->data - d->head;
	r->end = d->data + d->len + d->tail;
	r->forged = d->len > 0 && (d->data[0] == DTLS_APPLICATION ||
	    d->data[0] == DTLS_CID_RECORD);
}

/* Is the data in the datagram, and not in the handshake? */
static bool
leg_is_inside(const struct dtls_reading *r)
{
	return (uintptr_t)r->input.data - (uintptr_t)r->edge <=
	    (uintptr_t)r->end - (uintptr_t)r->edge;
}

void
dtls_leg_take(struct dtls_shared *e, struct dtls_run *run,
    struct dtls_reading *r)
{
	struct dgram *d = &run->d[run->n++];
	uint8_t *end = r->input.n > 0 ? r->input.p : r->end;

	r->forged = false;
	d->data = r->input.data;
	d->len = r->input.len;
	if (!leg_is_inside(r)) {
		d->head = d->tail = 0;
		dgram_room(loop_arena(e->end.tunnel->loop), d, DTLS_HEAD,
		    DTLS_TAIL);
		return;
	}
	d->head = (size_t)(d->data - r->edge);
	d->tail = (size_t)(end - d->data) - d->len;
	r->edge = end;
}

void *
dtls_leg_new_handshake(struct dtls_shared *e, size_t size)
{
	void *p = reuse_take(&e->handshakes);

	return p == NULL ? calloc(1, size) : memset(p, 0, size);
}

void
dtls_leg_free_handshake(struct dtls_shared *e, struct dtls *dtls)
{
	struct dtls_handshake *handshake = dtls->handshake;

	if (handshake == NULL)
		return;
	dtls_release_handshake(dtls);
	reuse_give(&e->handshakes, handshake, DTLS_LEG_KEPT);
}

size_t
dtls_leg_room(const struct dtls *dtls, const struct addr *peer)
{
	size_t headers;

	if (dtls == NULL || !dtls_is_up(dtls))
		return DTLS_LEG_ROOM;
	headers = peer->family == 4 ? 20 + 8 : 40 + 8;
	return dtls_room(dtls, DTLS_LEG_PATH - headers);
}

const char *
dtls_leg_text(const struct dtls *dtls, char *text, size_t size)
{
	const struct dtls_group *group = dtls_group(dtls);
	struct text t;

	text_init(&t, text, size);
	text_add(&t, "%s", dtls_suite(dtls)->name);
	if (group != NULL)
		text_add(&t, ", %s", group->name);
	if (dtls_has_cid(dtls))
		text_add(&t, ", connection ID");
	return text;
}

void
dtls_leg_tell(const struct dtls *dtls, struct facts *f)
{
	strlcpy(f->protocol, "DTLS 1.2", sizeof(f->protocol));
	(void)dtls_leg_text(dtls, f->suite, sizeof(f->suite));
	f->resumed = FACTS_FULL;
}

void
dtls_leg_log_up(const struct leg *leg, const struct dtls *dtls,
    uint64_t since_ms, const struct addr *peer, const char *name)
{
	char text[DTLS_LEG_TEXT], what[DTLS_LEG_TEXT + 24];

	snprintf(what, sizeof(what), "is up: DTLS 1.2, %s",
	    dtls_leg_text(dtls, text, sizeof(text)));
	flow_log_up(&leg->end->tunnel->flow_log, leg, what, since_ms, peer,
	    name);
}
