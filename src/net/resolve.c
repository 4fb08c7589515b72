/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Look-ups: literals and invalid names are answered here, others by the helper
 * when a worker is free, each with a deadline.
 *
 * NOTES.  The states of a look-up:
 *
 *	idle		resolver == NULL
 *	instant		in `instant`: the result is known; the timer reports it
 *	waiting		in `waiting`, for a free worker
 *	asked		in `asked`: a worker is resolving it
 *
 * A worker is in use until the helper answers, even if the look-up was
 * cancelled, so workers hold ids of requests and not look-ups.
 */

#include "compat.h"

#include "net/resolve.h"
#include "net/resolve_backend.h"

#include "os.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/value.h"
#include "net/sockaddr.h"

enum { WHY_TEXT = HOST_TEXT + RESOLVE_WHY + 32 };

struct resolver {
	struct loop *loop;	/* NULL before resolver_attach() */
	struct resolve_backend *backend;
	struct list instant;	/* look-ups whose result is known, */
	struct list waiting;	/* that wait for a worker, */
	struct list asked;	/* and that one works on, the oldest first */
	uint32_t workers[RESOLVE_WORKERS];	/* ids of requests; 0: free */
	uint32_t last_id;
};

/* Says why a name cannot be looked up; NULL when it can. */
static const char *
name_fault(const char *host, enum lookup_for purpose)
{
	const char *p;

	if (*host == '\0' && purpose == LOOKUP_CONNECT)
		return "there is no host name";
	if (strlen(host) >= HOST_TEXT)
		return "the host name is longer than 255 characters";
	for (p = host; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return "the host name holds a space or a control "
			    "character";
	return NULL;
}

/* Adds an address, unless the answer has it already. */
static void
answer_add(struct resolve_answer *answer, const struct addrinfo *info,
    uint16_t port)
{
	union sock_addr sa;
	struct addr a;
	uint32_t i;

	if (answer->n == RESOLVE_MAX || info->ai_addrlen > sizeof(sa))
		return;
	memset(&sa, 0, sizeof(sa));
	memcpy(&sa, info->ai_addr, info->ai_addrlen);
	sockaddr_to(&a, &sa);
	if (a.family == 0)
		return;
	a.port = port;
	for (i = 0; i < answer->n; i++)
		if (addr_same(&answer->addr[i], &a))
			return;
	answer->addr[answer->n++] = a;
}

/* Calls getaddrinfo(); returns its error. */
static int
call_getaddrinfo(const struct resolve_request *request, int flags,
    struct addrinfo **list)
{
	struct addrinfo hints;
	char service[8];

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_DGRAM;
	hints.ai_flags = flags;
	snprintf(service, sizeof(service), "%u", (unsigned)request->port);
	*list = NULL;
	return getaddrinfo(*request->host == '\0' ? NULL : request->host,
	    service, &hints, list);
}

/* Answers a request by the system's resolver; blocks. */
static void
query(const struct resolve_request *request, struct resolve_answer *answer)
{
	struct addrinfo *list, *info;
	int error;

	memset(answer, 0, sizeof(*answer));
	answer->id = request->id;
	if (request->purpose == LOOKUP_BIND) {
		error = call_getaddrinfo(request, AI_PASSIVE, &list);
	} else {
		error = call_getaddrinfo(request, AI_ADDRCONFIG, &list);
		/* A host with a loopback interface only has no addresses. */
		if (error != 0 && error != EAI_AGAIN && error != EAI_MEMORY)
			error = call_getaddrinfo(request, 0, &list);
	}
	if (error != 0) {
		strlcpy(answer->why, os_gai_strerror(error),
		    sizeof(answer->why));
		return;
	}
	for (info = list; info != NULL; info = info->ai_next)
		answer_add(answer, info, request->port);
	freeaddrinfo(list);
	if (answer->n == 0)
		strlcpy(answer->why, "no address for this name",
		    sizeof(answer->why));
}

/* Resets a look-up to idle. */
static void
lookup_clear(struct lookup *l)
{
	timer_stop(&l->timer);
	list_remove(&l->link);
	free(l->request);
	l->request = NULL;
	l->resolver = NULL;
}

/* Ends a look-up and reports the result. */
static void
lookup_end(struct lookup *l, const struct addr *addr, unsigned n,
    const char *why)
{
	struct loop *loop = l->resolver->loop;
	const char *subject;

	lookup_clear(l);
	/* l->fn() may free l. */
	subject = loop_set_subject(loop, l->subject);
	l->fn(l, addr, n, why);
	loop_set_subject(loop, subject);
}

/* The worker that has the request (id 0: a free one), or -1. */
static int
worker_of(const struct resolver *r, uint32_t id)
{
	int i;

	for (i = 0; i < RESOLVE_WORKERS; i++)
		if (r->workers[i] == id)
			return i;
	return -1;
}

/* Gives waiting look-ups to workers that are free. */
static void
ask_waiting(struct resolver *r)
{
	struct lookup *l;
	int worker;

	while (!list_empty(&r->waiting)) {
		worker = worker_of(r, 0);
		if (worker < 0)
			return;
		l = LIST_ITEM(r->waiting.next, struct lookup, link);
		if (resolve_backend_ask(r->backend, l->request) != 0)
			return;
		r->workers[worker] = l->id;
		list_remove(&l->link);
		list_add(&r->asked, &l->link);
	}
}

/* Drops a request: its answer is not needed any more. */
static void
give_up(struct resolver *r, uint32_t id)
{
	if (worker_of(r, id) >= 0)
		resolve_backend_forget(r->backend, id);
}

/* The helper answered. */
static void
on_answer(void *arg, const struct resolve_answer *answer)
{
	struct resolver *r = arg;
	int worker = answer->id == 0 ? -1 : worker_of(r, answer->id);
	char why[WHY_TEXT];
	struct list *link;
	struct lookup *l;

	if (worker < 0)
		return;
	r->workers[worker] = 0;
	ask_waiting(r);
	for (link = r->asked.next; link != &r->asked; link = link->next) {
		l = LIST_ITEM(link, struct lookup, link);
		if (l->id != answer->id)
			continue;
		snprintf(why, sizeof(why), "%s: %.*s", l->request->host,
		    RESOLVE_WHY - 1, answer->why);
		if (answer->n > 0 && answer->n <= RESOLVE_MAX)
			lookup_end(l, answer->addr, answer->n, NULL);
		else
			lookup_end(l, NULL, 0, why);
		return;
	}
}

/* The helper was restarted: repeats the unanswered requests. */
static void
on_again(void *arg)
{
	struct resolver *r = arg;
	struct list *link;

	memset(r->workers, 0, sizeof(r->workers));
	while (!list_empty(&r->asked)) {
		link = r->asked.prev;
		list_remove(link);
		list_add(r->waiting.next, link);	/* before the first */
	}
	ask_waiting(r);
}

/* Reports the result for a literal or an invalid name, or the deadline. */
static void
lookup_due(struct timer *t)
{
	struct lookup *l = LIST_ITEM(t, struct lookup, timer);
	struct resolver *r = l->resolver;
	struct addr answer = l->answer;
	char why[WHY_TEXT], seconds[32];

	if (answer.family != 0) {
		lookup_end(l, &answer, 1, NULL);
		return;
	}
	if (l->refused != NULL) {
		lookup_end(l, NULL, 0, l->refused);
		return;
	}
	snprintf(why, sizeof(why), "%s: no answer from the name server within "
	    "%s s", l->request->host,
	    value_ms_text((int64_t)l->request->timeout_ms, seconds));
	give_up(r, l->id);
	l->silent = true;
	lookup_end(l, NULL, 0, why);
}

struct resolver *
resolver_new(void (*confine)(void), struct fault *f)
{
	struct resolver *r = xcalloc(1, sizeof(*r));
	struct resolve_hooks hooks;

	list_init(&r->instant);
	list_init(&r->waiting);
	list_init(&r->asked);
	hooks.query = query;
	hooks.confine = confine;
	hooks.answered = on_answer;
	hooks.again = on_again;
	hooks.arg = r;
	r->backend = resolve_backend_new(&hooks, f);
	if (r->backend != NULL)
		return r;
	free(r);
	return NULL;
}

int
resolver_attach(struct resolver *r, struct loop *loop, struct fault *f)
{
	r->loop = loop;
	return resolve_backend_attach(r->backend, loop, f);
}

/* Forgets all look-ups of a list. */
static void
clear_list(struct list *list)
{
	while (!list_empty(list))
		lookup_clear(LIST_ITEM(list->next, struct lookup, link));
}

void
resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	clear_list(&r->instant);
	clear_list(&r->waiting);
	clear_list(&r->asked);
	resolve_backend_free(r->backend);
	free(r);
}

/* Makes the request of a look-up; NULL without memory. */
static struct resolve_request *
request_new(struct resolver *r, const char *host, uint16_t port,
    enum lookup_for purpose)
{
	struct resolve_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	do {
		r->last_id++;
	} while (r->last_id == 0 || worker_of(r, r->last_id) >= 0);
	request->id = r->last_id;
	request->port = port;
	request->purpose = (uint8_t)purpose;
	strlcpy(request->host, host, sizeof(request->host));
	return request;
}

void
resolve_start(struct resolver *r, struct lookup *l, const char *host,
    uint16_t port, enum lookup_for purpose, int64_t timeout_ms, lookup_fn *fn)
{
	must(r->loop != NULL && l->resolver == NULL);
	list_init(&l->link);
	l->resolver = r;
	l->fn = fn;
	l->subject = loop_subject(r->loop);
	l->port = port;
	l->id = 0;
	l->silent = false;
	l->request = NULL;
	memset(&l->answer, 0, sizeof(l->answer));
	l->refused = name_fault(host, purpose);
	if (l->refused == NULL &&
	    addr_of_literal(&l->answer, host, port) != 0) {
		l->request = request_new(r, host, port, purpose);
		if (l->request == NULL)
			l->refused = strerror(ENOMEM);
	}
	if (l->request == NULL) {
		list_add(&r->instant, &l->link);
		timer_set(&l->timer, r->loop, loop_now(r->loop), lookup_due);
		return;
	}
	l->id = l->request->id;
	l->request->timeout_ms = (uint32_t)timeout_ms;
	list_add(&r->waiting, &l->link);
	timer_set(&l->timer, r->loop,
	    loop_now(r->loop) + (uint64_t)timeout_ms, lookup_due);
	ask_waiting(r);
}

void
resolve_cancel(struct lookup *l)
{
	struct resolver *r = l->resolver;

	if (r == NULL)
		return;
	if (l->id != 0)
		give_up(r, l->id);
	lookup_clear(l);
}

unsigned
resolve_now(const char *host, uint16_t port, enum lookup_for purpose,
    struct addr *addr, const char **why)
{
	static char words[WHY_TEXT];
	struct resolve_request request;
	struct resolve_answer answer;

	*why = name_fault(host, purpose);
	if (*why != NULL)
		return 0;
	if (addr_of_literal(addr, host, port) == 0)
		return 1;
	memset(&request, 0, sizeof(request));
	request.port = port;
	request.purpose = (uint8_t)purpose;
	strlcpy(request.host, host, sizeof(request.host));
	query(&request, &answer);
	memcpy(addr, answer.addr, answer.n * sizeof(*addr));
	snprintf(words, sizeof(words), "%s: %s", host, answer.why);
	*why = answer.n > 0 ? NULL : words;
	return answer.n;
}

uint16_t
resolve_service(const char *name)
{
	struct addrinfo hints, *found = NULL;
	uint16_t port = 0;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_INET;
	hints.ai_socktype = SOCK_DGRAM;
	hints.ai_flags = AI_PASSIVE;
	if (sock_init() != 0 || getaddrinfo(NULL, name, &hints, &found) != 0)
		return 0;
	if (found->ai_family == AF_INET)
		port = ntohs(((struct sockaddr_in *)(void *)
		    found->ai_addr)->sin_port);
	freeaddrinfo(found);
	return port;
}
