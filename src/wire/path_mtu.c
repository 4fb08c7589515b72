/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The search for the largest datagrams that get through.
 *
 *	state		event				next
 *	DISABLED	path_mtu_begin()		BASE
 *	BASE		the shortest question is	SEARCHING
 *			answered
 *			it is lost, and the one of	UNABLE
 *			one byte is answered
 *	SEARCHING	`top` is answered		COMPLETE
 *			`top` is lost: from now on size	SEARCHING
 *			is what was answered
 *			the limit is known		COMPLETE
 *			nothing is answered at all	COMPLETE, as before
 *	COMPLETE	a long datagram was sent, and	SEARCHING, top = size
 *			CONFIRM_MS have passed; the
 *			peer searches
 *			any datagram was sent, size is	SEARCHING, top = room
 *			below room and raise_ms has
 *			come
 *
 * RFC 8899 asks one size at a time.  Here `top` is asked alone first; when it
 * is lost once, a ladder of sizes below it is asked together, so that a black
 * hole is left within seconds.  A second ladder lies between the largest size
 * that was answered and the smallest that was not.
 */

#include "compat.h"

#include "wire/path_mtu.h"

#include "base/bytes.h"

void
path_mtu_init(struct path_mtu *p, uint32_t number)
{
	memset(p, 0, sizeof(*p));
	p->number = p->first = number;
	p->due_ms = UINT64_MAX;
}

/* Ends a search, or puts it off. */
static void
path_rest(struct path_mtu *p, uint64_t now_ms)
{
	p->state = PATH_MTU_COMPLETE;
	p->waiting = false;
	p->due_ms = UINT64_MAX;
	p->look_ms = 0;
	p->confirm_ms = now_ms + PATH_MTU_CONFIRM_MS;
}

void
path_mtu_room(struct path_mtu *p, size_t room)
{
	if (room > UINT16_MAX)
		room = UINT16_MAX;
	if (room == p->room)
		return;
	p->room = p->size = (uint16_t)room;
	p->raise_ms = 0;
	p->pause_ms = 0;
	if (p->state == PATH_MTU_SEARCHING || p->state == PATH_MTU_COMPLETE)
		path_rest(p, 0);
}

/* Begins a step: answers to earlier rounds count no longer. */
static void
path_step(struct path_mtu *p)
{
	p->first = p->number + 1;
	p->waiting = false;
	p->n = 0;
	memset(p->lost, 0, sizeof(p->lost));
}

/* Searches from good, which gets through, 0: nothing is known, up to top. */
static void
path_search(struct path_mtu *p, uint16_t good, uint16_t top, uint64_t now_ms)
{
	path_step(p);
	p->state = PATH_MTU_SEARCHING;
	p->good = good;
	p->top = p->bad = top;
	p->asked[p->n++] = top;
	p->voids = 0;
	p->due_ms = now_ms;
	p->look_ms = 0;
	if (top <= PATH_MTU_LEAST)
		path_rest(p, now_ms);
}

void
path_mtu_begin(struct path_mtu *p, uint64_t now_ms)
{
	if (p->state != PATH_MTU_DISABLED || p->room == 0)
		return;
	path_step(p);
	p->state = PATH_MTU_BASE;
	p->asked[p->n++] = PATH_PROBE_HEAD;
	p->voids = 0;
	p->due_ms = now_ms;
	p->look_ms = UINT64_MAX;
}

/* Is it time to try larger sizes? */
static bool
path_is_raised(const struct path_mtu *p, uint64_t now_ms)
{
	return p->size < p->room && now_ms >= p->raise_ms;
}

/* Searches what it is time for. */
static void
path_search_again(struct path_mtu *p, uint64_t now_ms)
{
	if (path_is_raised(p, now_ms))
		path_search(p, p->size, p->room, now_ms);
	else
		path_search(p, 0, p->size, now_ms);
}

bool
path_mtu_sent(struct path_mtu *p, size_t n, uint64_t now_ms)
{
	if (p->due_ms != UINT64_MAX)
		return false;
	p->look_ms = now_ms + PATH_MTU_LOOK_MS;
	if (n <= PATH_MTU_LEAST && !path_is_raised(p, now_ms))
		return false;
	if (p->state == PATH_MTU_COMPLETE) {
		p->due_ms = now_ms < p->confirm_ms ? p->confirm_ms : now_ms;
		p->look_ms = UINT64_MAX;
	} else {
		path_mtu_begin(p, now_ms);
	}
	return p->due_ms != UINT64_MAX;
}

bool
path_mtu_asked(struct path_mtu *p, uint16_t size, uint64_t now_ms)
{
	if (size <= PATH_PROBE_HEAD || size + PATH_MTU_CLOSE >= p->size)
		return false;
	if (p->state == PATH_MTU_DISABLED)
		path_mtu_begin(p, now_ms);
	else if (p->state == PATH_MTU_COMPLETE && now_ms >= p->confirm_ms)
		path_search(p, 0, p->size, now_ms);
	return p->due_ms == now_ms;
}

/* Asks sizes between good and bad, neither of them included, or from the least
 * on where nothing is known; then top again. */
static void
path_ladder(struct path_mtu *p)
{
	unsigned low = p->good, rungs = PATH_MTU_SIZES - 1, i, skip = 1;

	if (low == 0) {
		low = PATH_MTU_LEAST;
		skip = 0;
	}
	p->n = 0;
	for (i = 0; i < rungs; i++)
		p->asked[p->n++] = (uint16_t)(low + (p->bad - low) *
		    (i + skip) / (rungs + skip));
	p->asked[p->n++] = p->top;
}

/* Larger sizes did not get through: tries them again after a pause. */
static void
path_put_off_raise(struct path_mtu *p, uint64_t now_ms)
{
	if (p->pause_ms == 0)
		p->pause_ms = PATH_MTU_RAISE_FIRST_MS;
	else if (p->pause_ms < PATH_MTU_RAISE_MS / 2)
		p->pause_ms *= 2;
	else
		p->pause_ms = PATH_MTU_RAISE_MS;
	p->raise_ms = now_ms + p->pause_ms;
}

/* What was lost so often lets size follow what was answered. */
static void
path_follow(struct path_mtu *p, bool top_lost, uint64_t now_ms)
{
	if (p->size >= p->top && !top_lost)
		return;
	if (p->size >= p->top)
		p->raise_ms = now_ms + PATH_MTU_RAISE_FIRST_MS;
	p->size = p->good > 0 ? p->good : PATH_MTU_LEAST;
}

/* The limit is between good and bad: the next ladder, or the end. */
static void
path_narrow(struct path_mtu *p, uint64_t now_ms)
{
	if (p->good == 0 || p->bad - p->good <= PATH_MTU_CLOSE) {
		path_put_off_raise(p, now_ms);
		path_rest(p, now_ms);
		return;
	}
	path_step(p);
	path_ladder(p);
}

/* A round of a search is over, in which something was answered. */
static void
path_count(struct path_mtu *p, uint64_t now_ms)
{
	uint8_t top_lost;
	unsigned i, least;

	for (i = 0; i < p->n; i++)
		p->lost[i] += p->asked[i] > p->good &&
		    p->lost[i] < PATH_MTU_TRIES;
	/* Not above top, which was not answered. */
	for (least = 0; p->asked[least] <= p->good; least++)
		;
	if (p->bad <= p->good)
		p->bad = p->top;
	top_lost = p->lost[p->n - 1];
	path_follow(p, top_lost >= PATH_MTU_TRIES, now_ms);
	if (p->n == 1) {
		path_ladder(p);
		memset(p->lost, 0, sizeof(p->lost));
		p->lost[p->n - 1] = top_lost;
		return;
	}
	if (p->lost[least] >= PATH_MTU_TRIES && p->asked[least] < p->bad)
		p->bad = p->asked[least];
	if (p->lost[least] >= PATH_MTU_TRIES || (p->asked[least] >= p->bad &&
	    p->bad < p->top))
		path_narrow(p, now_ms);
}

/* A round is over. */
static void
path_end_round(struct path_mtu *p, uint64_t now_ms)
{
	if (!p->alive) {
		if (++p->voids < PATH_MTU_VOID)
			return;
		if (p->state == PATH_MTU_SEARCHING) {
			path_rest(p, now_ms);
			return;
		}
		p->state = PATH_MTU_DISABLED;
		p->due_ms = UINT64_MAX;
		p->look_ms = now_ms + PATH_MTU_CONFIRM_MS;
		return;
	}
	p->voids = 0;
	if (p->state == PATH_MTU_SEARCHING) {
		path_count(p, now_ms);
	} else if (++p->lost[0] >= PATH_MTU_TRIES) {
		p->state = PATH_MTU_UNABLE;
		p->due_ms = UINT64_MAX;
	}
}

unsigned
path_mtu_due(struct path_mtu *p, uint64_t now_ms,
    uint16_t size[PATH_MTU_ROUND])
{
	unsigned i, n = 0;

	if (now_ms < p->due_ms)
		return 0;
	if (p->state == PATH_MTU_COMPLETE)
		path_search_again(p, now_ms);
	else if (p->waiting)
		path_end_round(p, now_ms);
	if (p->due_ms == UINT64_MAX)
		return 0;
	p->number++;
	p->waiting = true;
	p->alive = false;
	p->due_ms = now_ms + PATH_MTU_ROUND_MS;
	/* The question of one byte was answered a moment ago. */
	if (p->state != PATH_MTU_BASE)
		size[n++] = PATH_PROBE_HEAD;
	else if (p->voids > 0 || p->lost[0] > 0)
		size[n++] = PATH_PROBE_BARE;
	for (i = 0; i < p->n; i++)
		if (p->state == PATH_MTU_BASE || p->asked[i] > p->good)
			size[n++] = p->asked[i];
	return n;
}

void
path_mtu_heard(struct path_mtu *p)
{
	if (p->state == PATH_MTU_BASE)
		p->alive = true;
}

/* A size is answered that was not before. */
static void
path_improve(struct path_mtu *p, uint16_t size, uint64_t now_ms)
{
	p->good = size;
	if (size < p->top)
		return;
	p->size = size;
	if (size == p->room)
		p->pause_ms = 0;
	path_rest(p, now_ms);
}

bool
path_mtu_answer(struct path_mtu *p, uint32_t number, uint16_t size,
    uint64_t now_ms)
{
	unsigned i;

	if (!p->waiting || number - p->first > p->number - p->first)
		return false;
	if (p->state == PATH_MTU_BASE) {
		if (size != PATH_PROBE_HEAD)
			return false;
		path_search(p, 0, p->room, now_ms);
		return true;
	}
	for (i = 0; i < p->n && p->asked[i] != size; i++)
		;
	if (i == p->n && size != PATH_PROBE_HEAD)
		return false;
	p->alive = true;
	if (i < p->n && size > p->good)
		path_improve(p, size, now_ms);
	return true;
}

void
path_probe_ask(uint8_t *to, uint32_t number, uint16_t size)
{
	memset(to, 0, size);
	to[0] = PATH_PROBE_ASKS;
	to[1] = PATH_PROBE_KIND;
	put_be32(to + 2, number);
	put_be16(to + 6, size);
}

void
path_probe_answer(uint8_t *question)
{
	question[0] = PATH_PROBE_ANSWERS;
}

int
path_probe_parse(const uint8_t *p, size_t n, uint32_t *number,
    uint16_t *size)
{
	if (n == 1 && (*p == PATH_PROBE_ASKS || *p == PATH_PROBE_ANSWERS)) {
		*number = 0;
		*size = PATH_PROBE_BARE;
		return *p;
	}
	if (n < PATH_PROBE_HEAD || p[1] != PATH_PROBE_KIND)
		return -1;
	*number = get_be32(p + 2);
	*size = get_be16(p + 6);
	if (*size < PATH_PROBE_HEAD)
		return -1;
	if (p[0] == PATH_PROBE_ASKS)
		return n == *size ? PATH_PROBE_ASKS : -1;
	return p[0] == PATH_PROBE_ANSWERS && n == PATH_PROBE_HEAD ?
	    PATH_PROBE_ANSWERS : -1;
}
