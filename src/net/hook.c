/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The queue of programs that are run when something has happened.
 *
 * NOTES.  The states of a hook:
 *
 *	waiting		an earlier one of its owner is there, or too many run
 *	running		its output is read, and its end looked for: at once
 *			when its output ends, and by a timer, as it may close
 *			its output or leave it to a different process
 *	ended		it is logged and freed, and others may begin
 *
 * The programs of an owner are started in the order of their requests.
 */

#include "compat.h"

#include <string.h>

#include "net/hook.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "net/hook_backend.h"
#include "net/rights.h"

enum {
	HOOK_LINE = 400,	/* bytes of a line that are logged */
	HOOK_READS = 16,	/* of its output in a turn */
	HOOK_LOOK_MS = 20,	/* before its end is looked for, at first; */
	HOOK_LOOK_MAX_MS = 500,	/* it doubles up to this */
};

struct hooks {
	struct loop *loop;
	struct list all;	/* struct hook, in their order */
	unsigned running;	/* of them */
	struct timer finish;	/* hooks_finish() is over */
	void (*finished)(void *);	/* NULL: hooks_finish() was not
				 * called */
	void *arg;		/* for it */
};

/* A program that waits or runs. */
struct hook {
	struct list link;
	struct hooks *hooks;
	const char *owner, *what;	/* in `texts`, as are the next */
	char *words[HOOK_WORDS + 1];	/* of the command; NULL at the end */
	char *environment[HOOK_VARIABLES + 1];	/* likewise */
	uint64_t limit_ms;
	bool running;
	bool killed;
	struct hook_process process;
	struct watch watch;	/* on its output */
	struct timer look;	/* when its end is looked for */
	uint64_t pause_ms;	/* before the next time */
	uint64_t end_ms;	/* it is killed then */
	char line[HOOK_LINE];	/* of its output, not yet whole */
	size_t len;		/* bytes of it */
	unsigned lines;		/* logged or not */
	char texts[];
};

/* The subject of what is logged about it. */
static const char *
hook_subject(const struct hook *h)
{
	return *h->owner == '\0' ? NULL : h->owner;
}

/* Frees a hook that does not run. */
static void
hook_free(struct hook *h)
{
	list_remove(&h->link);
	timer_stop(&h->look);
	watch_stop(&h->watch);
	(void)loop_set_subject(h->hooks->loop, NULL);
	/* Its watch or timer may be the caller. */
	loop_free_later(h->hooks->loop, h);
}

/*
 * Output
 */

/* Logs the line that is there. */
static void
hook_log_line(struct hook *h)
{
	char shown[4 * HOOK_LINE + 1];
	struct text t;

	if (h->len == 0)
		return;
	text_init(&t, shown, sizeof(shown));
	text_add_quoted(&t, h->line, h->len);
	h->len = 0;
	if (h->lines++ < HOOK_LINES)
		log_info("%s: %s", h->what, shown);
	else if (h->lines == HOOK_LINES + 1)
		log_warn("%s: it writes more than %d lines; the others are "
		    "not logged", h->what, HOOK_LINES);
}

/* Takes n bytes of output; what is longer than a line is several. */
static void
hook_take(struct hook *h, const char *p, size_t n)
{
	for (; n > 0; p++, n--) {
		if (*p == '\n' || h->len == HOOK_LINE)
			hook_log_line(h);
		if (*p != '\n' && *p != '\r')
			h->line[h->len++] = *p;
	}
}

/* Reads output, not without end; false when there will be none any more. */
static bool
hook_read(struct hook *h)
{
	char part[1024];
	ssize_t n;
	int i;

	for (i = 0; i < HOOK_READS; i++) {
		n = hook_backend_read(&h->process, part, sizeof(part));
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		if (n == 0)
			return false;
		hook_take(h, part, (size_t)n);
	}
	return true;
}

/*
 * Running
 */

static void hooks_next(struct hooks *);

/* Calls the function that waits for the end of all. */
static void
hooks_call(struct hooks *s)
{
	void (*fn)(void *) = s->finished;

	s->finished = NULL;
	timer_stop(&s->finish);
	if (fn != NULL)
		fn(s->arg);
}

/* It has ended, with that status. */
static void
hook_over(struct hook *h, int status)
{
	struct hooks *s = h->hooks;

	(void)hook_read(h);
	hook_log_line(h);
	if (h->killed)
		;	/* which was logged */
	else if (status < 0)
		log_warn("%s: %s: signal %d ended it", h->what, h->words[0],
		    -status);
	else if (status > 0)
		log_warn("%s: %s: status %d", h->what, h->words[0], status);
	else
		log_debug("%s: %s has ended", h->what, h->words[0]);
	watch_stop(&h->watch);
	hook_backend_close(&h->process);
	s->running--;
	hook_free(h);
	hooks_next(s);
}

/* Looks for its end, and kills it when its time is over. */
static void
hook_look(struct timer *timer)
{
	struct hook *h = LIST_ITEM(timer, struct hook, look);
	uint64_t now_ms = loop_now(h->hooks->loop), due_ms;
	int status;

	if (rights_hook_ended(&h->process, &status)) {
		hook_over(h, status);
		return;
	}
	if (now_ms >= h->end_ms && !h->killed) {
		log_error("%s: %s did not end within %llu s, and is killed",
		    h->what, h->words[0],
		    (unsigned long long)(h->limit_ms / 1000));
		h->killed = true;
		h->pause_ms = HOOK_LOOK_MS;
		rights_hook_kill(&h->process);
	}
	due_ms = now_ms + h->pause_ms;
	if (h->pause_ms < HOOK_LOOK_MAX_MS)
		h->pause_ms *= 2;
	if (!h->killed && due_ms > h->end_ms)
		due_ms = h->end_ms;
	timer_set(timer, h->hooks->loop, due_ms, hook_look);
}

/* There is output, or its end. */
static void
hook_readable(struct watch *w, unsigned events)
{
	struct hook *h = LIST_ITEM(w, struct hook, watch);

	(void)events;
	if (hook_read(h))
		return;
	watch_stop(w);
	h->pause_ms = HOOK_LOOK_MS;
	timer_set(&h->look, h->hooks->loop, loop_now(h->hooks->loop),
	    hook_look);
}

/* Starts it; false when that fails, and it was freed. */
static bool
hook_start(struct hook *h)
{
	struct hooks *s = h->hooks;

	(void)loop_set_subject(s->loop, hook_subject(h));
	if (rights_hook_start(&h->process, h->words, h->environment) != 0) {
		log_error("%s: %s: cannot be started: %s", h->what,
		    h->words[0], strerror(errno));
		hook_free(h);
		return false;
	}
	log_debug("%s: %s runs", h->what, h->words[0]);
	h->running = true;
	s->running++;
	/* Without a watch the output is read at the end. */
	if (h->process.output != FD_NONE)
		(void)watch_start(&h->watch, s->loop, h->process.output,
		    READABLE, hook_readable);
	h->end_ms = loop_now(s->loop) + h->limit_ms;
	h->pause_ms = HOOK_LOOK_MS;
	timer_set(&h->look, s->loop, loop_now(s->loop) + h->pause_ms,
	    hook_look);
	return true;
}

/* Is an earlier one of its owner there? */
static bool
hook_has_earlier(const struct hook *h)
{
	const struct list *at;

	for (at = h->hooks->all.next; at != &h->link; at = at->next)
		if (strcmp(LIST_ITEM(at, struct hook, link)->owner,
		    h->owner) == 0)
			return true;
	return false;
}

/* Starts what may begin. */
static void
hooks_next(struct hooks *s)
{
	const char *subject = loop_subject(s->loop);
	struct list *at, *next;
	struct hook *h;

	for (at = s->all.next; at != &s->all &&
	    s->running < HOOKS_AT_ONCE; at = next) {
		next = at->next;
		h = LIST_ITEM(at, struct hook, link);
		if (!h->running && !hook_has_earlier(h) && !hook_start(h))
			next = s->all.next;
	}
	(void)loop_set_subject(s->loop, subject);
	if (list_empty(&s->all))
		hooks_call(s);
}

struct hooks *
hooks_new(struct loop *loop)
{
	struct hooks *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	list_init(&s->all);
	return s;
}

/* How many of that owner run or wait. */
static unsigned
hooks_count(const struct hooks *s, const char *owner)
{
	const struct list *at;
	unsigned n = 0;

	for (at = s->all.next; at != &s->all; at = at->next)
		n += strcmp(LIST_ITEM(at, struct hook, link)->owner,
		    owner) == 0;
	return n;
}

/* Copies a text to *at, and moves that behind it. */
static char *
hook_copy(char **at, const char *text)
{
	char *copy = *at;
	size_t size = strlen(text) + 1;

	memcpy(copy, text, size);
	*at += size;
	return copy;
}

/* Makes a hook of a request; NULL when there is no memory. */
static struct hook *
hook_new(struct hooks *s, const struct hook_request *r)
{
	size_t size = strlen(r->owner) + strlen(r->what) +
	    strlen(r->command) + 3;
	char *at, *word;
	struct hook *h;
	unsigned n;

	for (n = 0; n < HOOK_VARIABLES && r->environment[n] != NULL; n++)
		size += strlen(r->environment[n]) + 1;
	h = calloc(1, sizeof(*h) + size);
	if (h == NULL)
		return NULL;
	at = h->texts;
	h->hooks = s;
	h->process.output = FD_NONE;
	h->limit_ms = r->limit_ms;
	h->owner = hook_copy(&at, r->owner);
	h->what = hook_copy(&at, r->what);
	for (n = 0; n < HOOK_VARIABLES && r->environment[n] != NULL; n++)
		h->environment[n] = hook_copy(&at, r->environment[n]);
	word = strtok(hook_copy(&at, r->command), " \t");
	for (n = 0; word != NULL && n < HOOK_WORDS; n++) {
		h->words[n] = word;
		word = strtok(NULL, " \t");
	}
	return h;
}

void
hooks_run(struct hooks *s, const struct hook_request *request)
{
	struct hook *h;

	if (hooks_count(s, request->owner) >= HOOKS_OF_OWNER) {
		log_error("%s: %s is not run: %d programs of this tunnel wait "
		    "already", request->what, request->command,
		    HOOKS_OF_OWNER);
		return;
	}
	h = hook_new(s, request);
	if (h == NULL) {
		log_error("%s: %s is not run: no memory", request->what,
		    request->command);
		return;
	}
	list_add(&s->all, &h->link);
	hooks_next(s);
}

/* The time for the end is over. */
static void
hooks_finish_late(struct timer *timer)
{
	struct hooks *s = LIST_ITEM(timer, struct hooks, finish);

	log_error("programs still run at the end, and are killed");
	hooks_call(s);
}

void
hooks_finish(struct hooks *s, uint64_t limit_ms, void (*fn)(void *arg),
    void *arg)
{
	s->finished = fn;
	s->arg = arg;
	if (list_empty(&s->all))
		hooks_call(s);
	else
		timer_set(&s->finish, s->loop, loop_now(s->loop) + limit_ms,
		    hooks_finish_late);
}

void
hooks_free(struct hooks *s)
{
	struct hook *h;
	int status;

	if (s == NULL)
		return;
	timer_stop(&s->finish);
	while (!list_empty(&s->all)) {
		h = LIST_ITEM(s->all.next, struct hook, link);
		if (h->running) {
			watch_stop(&h->watch);
			rights_hook_kill(&h->process);
			hook_backend_close(&h->process);
			(void)rights_hook_ended(&h->process, &status);
		}
		hook_free(h);
	}
	free(s);
}
