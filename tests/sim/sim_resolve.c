/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The resolver on a table of names.
 */

#include "sim_sock.h"

#include "net/resolve.h"

enum { NAMES = 16 };

struct name {
	char name[HOST_TEXT];	/* "": free */
	struct addr addr[RESOLVE_MAX];
	unsigned n_addr, asked;
	bool turns;		/* each answer begins with the next address */
	unsigned given;		/* answers so far */
	const char *fail;	/* why it has none, for now */
	uint64_t delay_ms;
};

static struct name names[NAMES];

struct resolver {
	struct loop *loop;
	struct list lookups;
};

/* The entry of a name, a new one if need be. */
static struct name *
name_of(const char *name)
{
	unsigned i;

	for (i = 0; i < NAMES && *names[i].name != '\0'; i++)
		if (strcmp(names[i].name, name) == 0)
			return &names[i];
	if (i == NAMES)
		abort();
	strlcpy(names[i].name, name, sizeof(names[i].name));
	return &names[i];
}

void
sim_name_set(const char *name, const char *ip)
{
	struct name *n = name_of(name);

	if (n->n_addr == RESOLVE_MAX ||
	    addr_parse_ip(&n->addr[n->n_addr++], ip) != 0)
		abort();
}

void
sim_name_turn(const char *name)
{
	name_of(name)->turns = true;
}

void
sim_name_clear(const char *name)
{
	name_of(name)->n_addr = 0;
}

void
sim_name_fail(const char *name, const char *why)
{
	name_of(name)->fail = why;
}

void
sim_name_delay(const char *name, uint64_t delay_ms)
{
	name_of(name)->delay_ms = delay_ms;
}

unsigned
sim_name_asked(const char *name)
{
	return name_of(name)->asked;
}

void
sim_names_reset(void)
{
	memset(names, 0, sizeof(names));
}

struct resolver *
resolver_new(void (*confine)(void), struct fault *f)
{
	struct resolver *r = calloc(1, sizeof(*r));

	(void)confine;
	(void)f;
	if (r == NULL)
		abort();
	list_init(&r->lookups);
	return r;
}

int
resolver_attach(struct resolver *r, struct loop *loop, struct fault *f)
{
	(void)f;
	r->loop = loop;
	return 0;
}

void
resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	while (!list_empty(&r->lookups))
		resolve_cancel(LIST_ITEM(r->lookups.next, struct lookup,
		    link));
	free(r);
}

/* The answer is there, or the time is over. */
static void
answer(struct timer *t)
{
	struct lookup *l = LIST_ITEM(t, struct lookup, timer);
	struct addr addr[RESOLVE_MAX], one = l->answer;
	const char *why = l->refused;
	struct name *n;
	unsigned i, count = 0;

	if (one.family == 0 && why == NULL) {
		n = (struct name *)(void *)l->request;
		why = n->fail;
		for (; why == NULL && count < n->n_addr; count++)
			addr[count] = n->addr[n->turns ? (count + n->given) %
			    n->n_addr : count];
		n->given++;
		if (count == 0 && why == NULL)
			why = "no address for this name";
		for (i = 0; i < count; i++)
			addr[i].port = l->port;
	}
	l->request = NULL;
	resolve_cancel(l);
	if (one.family != 0)
		l->fn(l, &one, 1, NULL);
	else
		l->fn(l, addr, count, why);
}

void
resolve_start(struct resolver *r, struct lookup *l, const char *host,
    uint16_t port, enum lookup_for purpose, int64_t timeout_ms, lookup_fn *fn)
{
	uint64_t delay_ms = 0;
	struct name *n;

	(void)purpose;
	if (l->resolver != NULL)
		abort();
	l->resolver = r;
	l->fn = fn;
	l->port = port;
	l->refused = NULL;
	l->request = NULL;
	memset(&l->answer, 0, sizeof(l->answer));
	list_init(&l->link);
	list_add(&r->lookups, &l->link);
	if (addr_parse_ip(&l->answer, host) == 0) {
		l->answer.port = port;
	} else {
		memset(&l->answer, 0, sizeof(l->answer));
		n = name_of(host);
		n->asked++;
		l->request = (struct resolve_request *)(void *)n;
		delay_ms = n->delay_ms;
		if (delay_ms > (uint64_t)timeout_ms) {
			delay_ms = (uint64_t)timeout_ms;
			l->refused = "no answer from the name server";
		}
	}
	timer_set(&l->timer, r->loop, loop_now(r->loop) + delay_ms, answer);
}

void
resolve_cancel(struct lookup *l)
{
	if (l->resolver == NULL)
		return;
	l->resolver = NULL;
	l->request = NULL;
	timer_stop(&l->timer);
	list_remove(&l->link);
}

unsigned
resolve_now(const char *host, uint16_t port, enum lookup_for purpose,
    struct addr *addr, const char **why)
{
	struct name *n;
	unsigned i;

	(void)purpose;
	*why = "no address for this name";
	if (addr_parse_ip(addr, host) == 0) {
		addr->port = port;
		return 1;
	}
	n = name_of(host);
	for (i = 0; i < n->n_addr; i++) {
		addr[i] = n->addr[i];
		addr[i].port = port;
	}
	return n->n_addr;
}
