/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The MSS of connections by endpoint, learnt from those that stall.
 *
 * NOTES.  tunnel/mss.h has the states of an endpoint.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/mss.h"

/* MSS by step.  With 40 bytes of headers: tunnels inside tunnels, 1040, and
 * what each host must take (RFC 1122 3.3.3). */
static const int ladder[MSS_STEPS] = { 0, MSS_HIGH, 1000, 536 };

unsigned
mss_step(int mss)
{
	unsigned step = 0;

	while (step < MSS_STEPS - 1 && ladder[step] != mss)
		step++;
	return step;
}

/* What is known of an endpoint, or NULL. */
static const struct mss_endpoint *
mss_peek(const struct mss *m, const struct hostport *at)
{
	const struct mss_endpoint *p;
	unsigned i;

	for (i = 0; i < MSS_ENDPOINTS; i++) {
		p = &m->endpoint[i];
		if (p->state != MSS_NONE && p->at.port == at->port &&
		    strcmp(p->at.host, at->host) == 0)
			return p;
	}
	return NULL;
}

/* The same, to be changed. */
static struct mss_endpoint *
mss_find(struct mss *m, const struct hostport *at)
{
	const struct mss_endpoint *p = mss_peek(m, at);

	return p == NULL ? NULL : &m->endpoint[p - m->endpoint];
}

/* A new entry, in the place of the one that was not used for longest. */
static struct mss_endpoint *
mss_add(struct mss *m, const struct hostport *at, uint64_t now_ms)
{
	struct mss_endpoint *p, *oldest = m->endpoint;
	unsigned i;

	for (i = 0; i < MSS_ENDPOINTS; i++) {
		p = &m->endpoint[i];
		if (p->state == MSS_NONE) {
			oldest = p;
			break;
		}
		if (p->used_ms < oldest->used_ms)
			oldest = p;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->at = *at;
	oldest->used_ms = now_ms;
	return oldest;
}

/* The entry that an endpoint without one begins with: that of the endpoint that
 * was used last, as narrow links are mostly near the client.  NULL: none. */
static const struct mss_endpoint *
mss_newest(const struct mss *m, uint64_t now_ms)
{
	const struct mss_endpoint *p, *newest = NULL;
	unsigned i;

	for (i = 0; i < MSS_ENDPOINTS; i++) {
		p = &m->endpoint[i];
		if (p->state == MSS_LOWERED && now_ms < p->due_ms &&
		    (newest == NULL || p->used_ms >= newest->used_ms))
			newest = p;
	}
	return newest;
}

int
mss_choose(struct mss *m, const struct hostport *at, uint64_t now_ms)
{
	struct mss_endpoint *p = mss_find(m, at);
	const struct mss_endpoint *newest;

	if (!m->on)
		return 0;
	if (p == NULL) {
		newest = mss_newest(m, now_ms);
		if (newest == NULL)
			return 0;
		p = mss_add(m, at, now_ms);
		p->state = MSS_LOWERED;
		p->step = newest->step;
		p->sign = newest->sign;
		p->keep_ms = newest->keep_ms;
		p->due_ms = newest->due_ms;
	}
	p->used_ms = now_ms;
	if (p->state == MSS_EXCUSED)
		return 0;
	if (now_ms < p->due_ms)
		return ladder[p->step];
	p->state = MSS_TRIED;
	p->due_ms = now_ms + MSS_TRIAL_MS;
	return 0;
}

bool
mss_is_right(const struct mss *m, const struct hostport *at, int mss,
    uint64_t now_ms)
{
	const struct mss_endpoint *p = mss_peek(m, at);
	unsigned step = mss_step(mss);

	if (p == NULL && step > 0)
		p = mss_newest(m, now_ms);
	if (!m->on || (p == NULL && step == 0))
		return true;
	if (p == NULL || p->state == MSS_EXCUSED || now_ms >= p->due_ms)
		return step == 0;
	return step == p->step || (step < p->step && !(p->told &&
	    p->state == MSS_LOWERED));
}

/* The lowest MSS does not help: it is not the MSS, here and wherever it is not
 * known to help. */
static void
mss_excuse(struct mss *m, struct mss_endpoint *excused, uint64_t now_ms)
{
	unsigned i;

	for (i = 0; i < MSS_ENDPOINTS; i++)
		if (m->endpoint[i].state == MSS_LOWERED &&
		    !m->endpoint[i].told)
			m->endpoint[i].state = MSS_NONE;
	excused->state = MSS_EXCUSED;
	excused->slow = false;
	excused->due_ms = now_ms + MSS_KEEP_MS;
}

/* The full MSS was tried, and fails. */
static void
mss_confirm(struct mss_endpoint *p, uint64_t now_ms)
{
	p->state = MSS_LOWERED;
	p->keep_ms = p->keep_ms < MSS_KEEP_MS ? MSS_KEEP_MS : 2 * p->keep_ms;
	if (p->keep_ms > MSS_KEEP_MOST_MS)
		p->keep_ms = MSS_KEEP_MOST_MS;
	p->due_ms = now_ms + p->keep_ms;
	p->sign = MSS_SHORT_PASS;
}

/* The step after one with which a segment of that length stalls.  Those that
 * would not shorten it are of no use; in doubt the MSS is lowered by little. */
static unsigned
mss_next(unsigned step, enum mss_sign sign, size_t len)
{
	do {
		step++;
	} while (sign != MSS_UNSURE && len > 0 && step < MSS_STEPS - 1 &&
	    (size_t)ladder[step] >= len);
	return step;
}

/* Does a stall with that step have a cause other than the MSS? */
static bool
mss_is_excused(const struct mss_endpoint *p, unsigned step,
    enum mss_sign sign, uint64_t now_ms)
{
	if (now_ms >= p->due_ms || (p->slow && sign != MSS_HANDSHAKE))
		return false;
	return p->state == MSS_EXCUSED || (p->slow && step >= p->step);
}

bool
mss_stalled(struct mss *m, const struct hostport *at, int mss,
    enum mss_sign sign, size_t len, uint64_t now_ms)
{
	struct mss_endpoint *p = mss_find(m, at);
	unsigned step = mss_step(mss);

	if (!m->on || (len > 0 && len <= (size_t)ladder[MSS_STEPS - 1]))
		return false;
	if (p == NULL)
		p = mss_add(m, at, now_ms);
	else if (mss_is_excused(p, step, sign, now_ms))
		return false;
	else if (p->state == MSS_TRIED && step == 0)
		mss_confirm(p, now_ms);
	if (p->state == MSS_LOWERED && step < p->step)
		return true;
	if (step == MSS_STEPS - 1) {
		mss_excuse(m, p, now_ms);
		return false;
	}
	/* It was connected with a lower MSS, and yet it stalls. */
	p->sign = sign == MSS_UNSURE && step > 0 ? MSS_SHORT_PASS : sign;
	p->state = MSS_LOWERED;
	p->step = mss_next(step, p->sign, len);
	p->told = p->slow = false;
	p->keep_ms = p->sign == MSS_UNSURE ? MSS_DOUBT_MS : MSS_KEEP_MS;
	p->due_ms = now_ms + p->keep_ms;
	return true;
}

/* Notes that the MSS of an endpoint helps; true when that is new, and more than
 * a guess. */
static bool
mss_helps(struct mss_endpoint *p)
{
	bool fresh = !p->told && p->sign != MSS_UNSURE;

	p->told |= fresh;
	return fresh;
}

void
mss_was_slow(struct mss *m, const struct hostport *at, int mss,
    uint64_t now_ms)
{
	struct mss_endpoint *p = mss_find(m, at);
	unsigned step = mss_step(mss);

	if (!m->on || (p == NULL && step > 0))
		return;
	if (step == 0) {
		if (p == NULL)
			p = mss_add(m, at, now_ms);
		mss_excuse(m, p, now_ms);
		p->step = 0;
		p->slow = true;
	} else if (p->state == MSS_EXCUSED ||
	    (p->state == MSS_LOWERED && step <= p->step)) {
		p->state = MSS_LOWERED;
		p->sign = MSS_HANDSHAKE;
		p->step = step;
		p->slow = true;
	}
}

bool
mss_up(struct mss *m, const struct hostport *at, int mss)
{
	struct mss_endpoint *p = mss_find(m, at);

	if (p == NULL)
		return false;
	if (p->state == MSS_EXCUSED && !p->slow)
		p->state = MSS_NONE;
	return p->state == MSS_LOWERED && p->step == mss_step(mss) &&
	    p->sign == MSS_HANDSHAKE && mss_helps(p);
}

bool
mss_carried(struct mss *m, const struct hostport *at, int mss, size_t len)
{
	struct mss_endpoint *p = mss_find(m, at);
	int most;

	if (p == NULL || len == 0)
		return false;
	if ((p->state == MSS_EXCUSED && !p->slow) ||
	    (mss_step(mss) < p->step && len > (size_t)ladder[p->step])) {
		p->state = MSS_NONE;
		return false;
	}
	/* One that the next step would shorten. */
	most = p->step < MSS_STEPS - 1 ? ladder[p->step + 1] :
	    ladder[p->step] / 2;
	return p->state == MSS_LOWERED && p->step == mss_step(mss) &&
	    len > (size_t)most && mss_helps(p);
}
