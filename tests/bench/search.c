/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Two searches for the highest rate that a tool carries; see load.h.
 *
 * NOTES.  A rate is good when load_run() says so.  The search by bursts takes
 * the best that it has seen when its time is over.  The closed search ends when
 * it knows a good rate and a bad one that are near each other; a rate that lost
 * little more than it may has a second try, since accidents happen.
 */

#include "compat.h"

#include "load.h"

/* Says what a rate came to, if asked. */
static void
report_probe(const struct bench *b, uint64_t rate, const struct result *r)
{
	if (!b->talk)
		return;
	fprintf(stderr, "%llu: sent %llu, offered %llu, delivered %llu, "
	    "rate %llu%s\n", (unsigned long long)rate,
	    (unsigned long long)r->sent, (unsigned long long)r->offered,
	    (unsigned long long)r->delivered, (unsigned long long)r->rate,
	    r->good ? "" : ", bad");
}

/* A search for the highest good rate. */
struct search {
	uint64_t low, high;	/* good, and not good; 0: not yet found */
	uint64_t best;		/* rate that was delivered, the highest */
	uint64_t loss;		/* then, in thousandths, */
	uint64_t p50_ns, p99_ns;	/* and latencies */
	unsigned step;		/* percent, while one of low and high is 0 */
};

/* Tries a rate, again when a little was lost, as an accident may have done;
 * false when this is as much as the generator can on so busy a machine. */
static bool
search_try(struct bench *b, struct search *s, uint64_t rate,
    uint64_t probe_ms)
{
	struct result r;
	unsigned tries = 0;
	bool better;

	do {
		r = load_run(b, rate, probe_ms, MANNER_BURSTS);
		report_probe(b, rate, &r);
	} while (!r.good && ++tries < 2 && r.delivered * 100 >= r.sent * 94);
	if (!r.good) {
		s->high = rate;
		return true;
	}
	s->low = rate;
	better = r.rate > s->best + s->best / 20;
	if (r.rate > s->best) {
		s->best = r.rate;
		s->loss = (r.sent - r.delivered) * 1000 / r.sent;
		s->p50_ns = histogram_quantile(&b->tally->all, 5000);
		s->p99_ns = histogram_quantile(&b->tally->all, 9900);
	}
	return better || r.offered >= rate * 6 / 10;
}

/* The rate to be tried next; longer steps as long as they lead on. */
static uint64_t
search_next(struct search *s)
{
	uint64_t rate;

	if (s->low != 0 && s->high != 0)
		return s->low + (s->high - s->low) / 2;
	rate = s->high == 0 ? s->low + s->low * s->step / 100 :
	    s->high * 100 / (100 + s->step);
	if (s->step < 70)
		s->step *= 2;
	return rate;
}

void
search_bursts(struct bench *b)
{
	uint64_t until, rate = b->hint, probe_ms = b->time_ms / 8;
	struct search s = { 0 };

	if (probe_ms > 500)
		probe_ms = 500;
	if (probe_ms < 200)
		probe_ms = 200;
	s.step = 12;
	if (rate < 1000) {
		rate = 20000;
		s.step = 80;
	}
	load_open_flows(b);
	until = now_ns() + b->time_ms * MS;
	while (search_try(b, &s, rate, probe_ms)) {
		/* Something should be found, if it takes longer. */
		if (now_ns() > until + (s.low == 0 ? 3 * b->time_ms * MS :
		    s.high == 0 ? b->time_ms * MS : 0))
			break;
		if (s.low != 0 && s.high != 0 && s.high - s.low <= s.low / 30)
			break;
		rate = search_next(&s);
		if (rate < 100)
			break;
	}
	printf("rate %llu\nloss %llu\nlatency50 %llu\nlatency99 %llu\n",
	    (unsigned long long)s.best, (unsigned long long)s.loss,
	    (unsigned long long)(s.p50_ns / 1000),
	    (unsigned long long)(s.p99_ns / 1000));
}

/*
 * The closed search
 */

enum {
	ACCIDENT_PERCENT = 85,	/* less than that arrived: no accident */
	NEAR_PERCENT = 5,	/* from the good rate to the bad one, at most */
	RATE_LEAST = 100,
	RATE_MOST = 4000000,
};

/* What the closed search knows. */
struct bracket {
	uint64_t good, bad;	/* rates; 0: not yet found */
	uint64_t best;		/* what arrived of the good one, a second */
	uint64_t loss;		/* then, in thousandths, */
	uint64_t p50_ns, p99_ns;	/* and latencies */
};

/* Is the generator at its own end?  Then a higher rate says nothing. */
static bool
is_spent(const struct result *r, uint64_t rate, uint64_t best)
{
	return r->offered < rate * 8 / 10 && r->rate < best + best / 20;
}

/* Tries a rate; false when there is no need to go on. */
static bool
bracket_try(struct bench *b, struct bracket *s, uint64_t rate)
{
	struct result r = load_run(b, rate, b->time_ms, MANNER_STEADY);
	bool spent;

	report_probe(b, rate, &r);
	if (!r.good && r.delivered * 100 >= r.sent * ACCIDENT_PERCENT) {
		r = load_run(b, rate, b->time_ms, MANNER_STEADY);
		report_probe(b, rate, &r);
	}
	if (!r.good) {
		s->bad = rate;
		return true;
	}
	spent = is_spent(&r, rate, s->best);
	s->good = rate;
	if (r.rate > s->best) {
		s->best = r.rate;
		s->loss = (r.sent - r.delivered) * 1000 / r.sent;
		s->p50_ns = histogram_quantile(&b->tally->all, 5000);
		s->p99_ns = histogram_quantile(&b->tally->all, 9900);
	}
	return !spent;
}

void
search_closed(struct bench *b)
{
	uint64_t rate = b->hint >= RATE_LEAST ? b->hint : 50000;
	struct bracket s = { 0 };
	unsigned step = b->hint >= RATE_LEAST ? 10 : 60;

	load_open_flows(b);
	while (rate >= RATE_LEAST && rate <= RATE_MOST &&
	    bracket_try(b, &s, rate)) {
		if (s.good == 0)
			rate = rate * 100 / (100 + step);
		else if (s.bad == 0)
			rate += rate * step / 100;
		else if (s.bad - s.good <= s.good * NEAR_PERCENT / 100)
			break;
		else
			rate = s.good + (s.bad - s.good) / 2;
		if (s.good == 0 || s.bad == 0)
			step = step < 60 ? step * 2 : step;
	}
	printf("rate %llu\nloss %llu\nlatency50 %llu\nlatency99 %llu\n",
	    (unsigned long long)s.best, (unsigned long long)s.loss,
	    (unsigned long long)(s.p50_ns / 1000),
	    (unsigned long long)(s.p99_ns / 1000));
}
