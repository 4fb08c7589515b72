/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The statistics of `adit ping`, in integers.
 */

#include "compat.h"

#include <inttypes.h>

#include "cmd/ping_stats.h"

/* The bucket of a round-trip time. */
static unsigned
bucket_of(uint64_t us)
{
	unsigned doublings = 0;

	while (us >= PING_EXACT && doublings < PING_DOUBLINGS) {
		us >>= 1;
		doublings++;
	}
	if (us >= PING_EXACT)
		return PING_BUCKETS - 1;
	/* After a doubling us is in [PING_STEPS, PING_EXACT), so that the
	 * PING_STEPS buckets of each follow those of the one before. */
	return doublings * PING_STEPS + (unsigned)us;
}

/* Microseconds in the middle of a bucket. */
static uint64_t
bucket_middle(unsigned bucket)
{
	unsigned doublings;
	uint64_t low;

	if (bucket < PING_EXACT)
		return bucket;
	doublings = bucket / PING_STEPS - 1;
	low = (uint64_t)(bucket - doublings * PING_STEPS) << doublings;
	return low + ((uint64_t)1 << (doublings - 1));
}

void
ping_hist_add(struct ping_hist *h, uint64_t us)
{
	if (h->count == 0 || us < h->min_us)
		h->min_us = us;
	if (us > h->max_us)
		h->max_us = us;
	h->count++;
	h->bucket[bucket_of(us)]++;
}

uint64_t
ping_hist_percentile(const struct ping_hist *h, unsigned percent)
{
	uint64_t rank = (h->count / 100) * percent +
	    (h->count % 100 * percent + 99) / 100;
	uint64_t below = 0, us;
	unsigned i;

	if (rank == 0)
		return h->min_us;
	for (i = 0; i < PING_BUCKETS - 1; i++) {
		below += h->bucket[i];
		if (below >= rank)
			break;
	}
	us = bucket_middle(i);
	if (us < h->min_us)
		return h->min_us;
	return us > h->max_us ? h->max_us : us;
}

/* Clears the marks of sequence numbers from first up to, but not, end. */
static void
window_clear(struct ping_window *w, uint64_t first, uint64_t end)
{
	if (end - first >= PING_WINDOW) {
		memset(w->seen, 0, sizeof(w->seen));
		return;
	}
	for (; first < end; first++)
		w->seen[first % PING_WINDOW / 64] &=
		    ~((uint64_t)1 << (first % 64));
}

enum ping_arrival
ping_window_add(struct ping_window *w, uint64_t sequence)
{
	uint64_t *word = &w->seen[sequence % PING_WINDOW / 64];
	uint64_t bit = (uint64_t)1 << (sequence % 64);

	if (sequence >= w->next) {
		window_clear(w, w->next, sequence + 1);
		w->next = sequence + 1;
		*word |= bit;
		return PING_IN_ORDER;
	}
	if (w->next - sequence > PING_WINDOW)
		return PING_TOO_LATE;
	if ((*word & bit) != 0)
		return PING_AGAIN;
	*word |= bit;
	return PING_LATE;
}

bool
ping_window_has(const struct ping_window *w, uint64_t sequence)
{
	return sequence < w->next && w->next - sequence <= PING_WINDOW &&
	    (w->seen[sequence % PING_WINDOW / 64] >> (sequence % 64) & 1) != 0;
}

uint64_t
ping_sequence(uint64_t near, uint32_t low)
{
	uint32_t ahead = low - (uint32_t)near;

	if (ahead < UINT32_C(0x80000000))
		return near + ahead;
	if (near < UINT32_MAX && near < (uint32_t)-ahead)
		return near + ahead;
	return near - (uint32_t)-ahead;
}

const char *
ping_ratio_text(uint64_t numerator, uint64_t denominator, uint64_t scale,
    unsigned decimals, char text[PING_RATIO_TEXT])
{
	uint64_t whole, rest, unit = 1;
	unsigned i;

	for (i = 0; i < decimals; i++)
		unit *= 10;
	if (denominator == 0) {
		numerator = 0;
		denominator = 1;
	}
	/* Halve both until no product below overflows.  Only digits that are
	 * not shown are lost. */
	while (numerator > UINT64_MAX / scale ||
	    denominator > UINT64_MAX / unit / 2) {
		numerator >>= 1;
		denominator >>= 1;
		if (denominator == 0)
			denominator = 1;
	}
	numerator *= scale;
	whole = numerator / denominator;
	rest = (numerator % denominator * unit * 2 + denominator) /
	    (denominator * 2);
	if (rest == unit) {
		whole++;
		rest = 0;
	}
	if (decimals == 0)
		snprintf(text, PING_RATIO_TEXT, "%" PRIu64, whole);
	else
		snprintf(text, PING_RATIO_TEXT, "%" PRIu64 ".%0*" PRIu64,
		    whole, (int)decimals, rest);
	return text;
}

/* The percentiles of round trips that are shown. */
static const struct {
	const char *name;
	unsigned percent;
} percentiles[] = {
	{ "min", 0 }, { "p50", 50 }, { "p90", 90 }, { "p99", 99 },
	{ "max", 100 },
};

enum { PERCENTILES = sizeof(percentiles) / sizeof(percentiles[0]) };

/* Writes one of the percentiles as milliseconds. */
static const char *
percentile_text(const struct ping_hist *h, unsigned i,
    char text[PING_RATIO_TEXT])
{
	uint64_t us = percentiles[i].percent == 100 ? h->max_us :
	    ping_hist_percentile(h, percentiles[i].percent);

	return ping_ratio_text(us, 1000, 1, 3, text);
}

/* Datagrams that did not come back. */
static uint64_t
lost(const struct ping_sums *s)
{
	return s->sent > s->received ? s->sent - s->received : 0;
}

/* Writes ", WHAT COUNT" unless the count is 0. */
static void
print_some(FILE *out, const char *what, uint64_t count)
{
	if (count > 0)
		fprintf(out, ", %s %" PRIu64, what, count);
}

void
ping_sums_print(const struct ping_sums *s, FILE *out)
{
	char a[PING_RATIO_TEXT], b[PING_RATIO_TEXT];
	unsigned i;

	fprintf(out, "sent %" PRIu64 ", received %" PRIu64 ", lost %" PRIu64
	    " (%s %%)", s->sent, s->received, lost(s),
	    ping_ratio_text(lost(s), s->sent, 100, 2, a));
	print_some(out, "not sent", s->not_sent);
	fprintf(out, "\nreordered %" PRIu64 ", duplicates %" PRIu64
	    ", corrupt %" PRIu64, s->reordered, s->duplicates, s->corrupt);
	print_some(out, "stray", s->stray);
	print_some(out, "refused", s->refused);
	fputc('\n', out);
	if (s->rtt.count > 0) {
		fputs("round trip ms:", out);
		for (i = 0; i < PERCENTILES; i++)
			fprintf(out, " %s %s", percentiles[i].name,
			    percentile_text(&s->rtt, i, a));
		fputc('\n', out);
	}
	fprintf(out, "delivered: %s packets/s, %s Mbit/s\n",
	    ping_ratio_text(s->received, s->elapsed_us, 1000000, 1, a),
	    ping_ratio_text(s->received * s->size, s->elapsed_us, 8, 3, b));
}

/* Writes a member that is a number, and a comma. */
static void
json_number(FILE *out, const char *name, uint64_t number)
{
	fprintf(out, "\"%s\": %" PRIu64 ", ", name, number);
}

/* Writes a member that is a string, and a comma. */
static void
json_string(FILE *out, const char *name, const char *text)
{
	fprintf(out, "\"%s\": \"", name);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text >= ' ')
			fputc(*text, out);
	}
	fputs("\", ", out);
}

void
ping_sums_json(const struct ping_sums *s, FILE *out)
{
	char text[PING_RATIO_TEXT];
	unsigned i;

	fputc('{', out);
	json_string(out, "target", s->to);
	json_string(out, "address", s->address);
	json_number(out, "size", s->size);
	json_number(out, "flows", s->flows);
	json_number(out, "sent", s->sent);
	json_number(out, "received", s->received);
	json_number(out, "lost", lost(s));
	fprintf(out, "\"loss_percent\": %s, ",
	    ping_ratio_text(lost(s), s->sent, 100, 4, text));
	json_number(out, "not_sent", s->not_sent);
	json_number(out, "reordered", s->reordered);
	json_number(out, "duplicates", s->duplicates);
	json_number(out, "corrupt", s->corrupt);
	json_number(out, "stray", s->stray);
	json_number(out, "refused", s->refused);
	fputs("\"rtt_ms\": ", out);
	for (i = 0; i < PERCENTILES && s->rtt.count > 0; i++)
		fprintf(out, "%s\"%s\": %s", i == 0 ? "{" : ", ",
		    percentiles[i].name, percentile_text(&s->rtt, i, text));
	fputs(s->rtt.count > 0 ? "}, " : "null, ", out);
	fprintf(out, "\"elapsed_s\": %s, ",
	    ping_ratio_text(s->elapsed_us, 1000000, 1, 6, text));
	fprintf(out, "\"packets_per_s\": %s, ",
	    ping_ratio_text(s->received, s->elapsed_us, 1000000, 1, text));
	fprintf(out, "\"mbit_per_s\": %s}\n",
	    ping_ratio_text(s->received * s->size, s->elapsed_us, 8, 3, text));
}
