/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptunnel's statistics: counts packets and writes the lines of a report.
 */

#include "compat.h"

#include "wire/packets.h"
#include "base/bytes.h"
#include "base/text.h"

/* Offsets in a key. */
enum {
	KEY_WAY = 0,		/* 1: PORTFILTER_IN */
	KEY_PASSED = 1,
	KEY_VERSION = 2,	/* 0: not an IP packet */
	KEY_PROTOCOL = 3,
	KEY_SRC = 4,
	KEY_DST = 20,
	KEY_SRC_PORT = 36,
	KEY_DST_PORT = 38,
};

void
packets_init(struct packets *p, const uint8_t seed[TABLE_SEED],
    uint64_t now_ms)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->seed, seed, sizeof(p->seed));
	p->since_ms = now_ms;
}

void
packets_reset(struct packets *p, uint64_t now_ms)
{
	memset(p->other, 0, sizeof(p->other));
	memset(&p->period, 0, sizeof(p->period));
	memset(p->slot, 0, sizeof(p->slot));
	p->since_ms = now_ms;
	p->n = p->last = 0;
}

/* Adds a packet to a count. */
static void
count_add(struct packets_count *c, size_t bytes)
{
	c->packets++;
	c->bytes += bytes;
}

/* Writes the key of a packet. */
static void
key_make(uint8_t key[PACKETS_KEY], enum portfilter_way way, bool passed,
    const struct ip *ip)
{
	memset(key, 0, PACKETS_KEY);
	key[KEY_WAY] = way == PORTFILTER_IN;
	key[KEY_PASSED] = passed;
	if (ip == NULL)
		return;
	key[KEY_VERSION] = ip->version;
	key[KEY_PROTOCOL] = ip->protocol;
	memcpy(key + KEY_SRC, ip->src.ip, 16);
	memcpy(key + KEY_DST, ip->dst.ip, 16);
	put_be16(key + KEY_SRC_PORT, ip->src.port);
	put_be16(key + KEY_DST_PORT, ip->dst.port);
}

/* Finds or adds the row of a key; NULL when all rows are in use. */
static struct packets_row *
row_of(struct packets *p, const uint8_t key[PACKETS_KEY])
{
	struct packets_row *row;
	size_t at;

	if (p->n > 0 && memcmp(p->row[p->last].key, key, PACKETS_KEY) == 0)
		return &p->row[p->last];
	at = (size_t)(table_hash(p->seed, key, PACKETS_KEY) % PACKETS_SLOTS);
	for (; p->slot[at] != 0; at = (at + 1) % PACKETS_SLOTS) {
		p->last = p->slot[at] - 1u;
		if (memcmp(p->row[p->last].key, key, PACKETS_KEY) == 0)
			return &p->row[p->last];
	}
	if (p->n == PACKETS_ROWS)
		return NULL;
	p->last = p->n++;
	p->slot[at] = (uint16_t)p->n;
	row = &p->row[p->last];
	memset(row, 0, sizeof(*row));
	memcpy(row->key, key, PACKETS_KEY);
	return row;
}

void
packets_add(struct packets *p, enum portfilter_way way, bool passed,
    const struct ip *ip, size_t bytes)
{
	uint8_t key[PACKETS_KEY];
	struct packets_row *row;

	count_add(&p->total[way == PORTFILTER_IN][passed], bytes);
	count_add(&p->period, bytes);
	key_make(key, way, passed, ip);
	row = row_of(p, key);
	count_add(row != NULL ? &row->count :
	    &p->other[way == PORTFILTER_IN][passed], bytes);
}

uint64_t
packets_due_ms(const struct packets *p)
{
	if (p->period.packets == 0)
		return UINT64_MAX;
	return p->since_ms + (p->period.packets >= PACKETS_MANY ||
	    p->period.bytes >= PACKETS_MUCH ? PACKETS_REPORT_MS :
	    PACKETS_QUIET_MS);
}

/* Orders by bytes, the most first, then by keys, so that the order is fixed. */
static int
row_compare(const void *left, const void *right)
{
	const struct packets_row *a = left, *b = right;

	if (a->count.bytes != b->count.bytes)
		return a->count.bytes > b->count.bytes ? -1 : 1;
	return memcmp(a->key, b->key, sizeof(a->key));
}

/* The number of rows of packets that are counted together. */
static size_t
count_others(const struct packets *p)
{
	size_t n = 0, i;

	for (i = 0; i < 4; i++)
		n += p->other[i / 2][i % 2].packets > 0;
	return n;
}

size_t
packets_sort(struct packets *p)
{
	const struct packets_row *row;
	struct packets_count *other;

	if (p->n > 1)
		qsort(p->row, p->n, sizeof(p->row[0]), row_compare);
	for (; p->n > PACKETS_SHOWN; p->n--) {
		row = &p->row[p->n - 1];
		other = &p->other[row->key[KEY_WAY]][row->key[KEY_PASSED]];
		other->packets += row->count.packets;
		other->bytes += row->count.bytes;
	}
	return p->n + count_others(p);
}

const char *
packets_bytes_text(uint64_t bytes, char text[PACKETS_BYTES_TEXT])
{
	static const char units[] = "KMGTPE";
	unsigned unit = 0;

	if (bytes < 1024) {
		snprintf(text, PACKETS_BYTES_TEXT, "%u B", (unsigned)bytes);
		return text;
	}
	for (; bytes >= 1024 * 1024; bytes /= 1024)
		unit++;
	snprintf(text, PACKETS_BYTES_TEXT, "%u.%02u %ciB",
	    (unsigned)(bytes / 1024), (unsigned)(bytes % 1024 * 100 / 1024),
	    units[unit]);
	return text;
}

/* Appends "3 packets, 1.25 KiB". */
static void
count_text(struct text *t, const struct packets_count *c, const char *between,
    const char *end)
{
	char bytes[PACKETS_BYTES_TEXT];

	text_add(t, "%llu packet%s%s%s%s", (unsigned long long)c->packets,
	    c->packets == 1 ? "" : "s", between,
	    packets_bytes_text(c->bytes, bytes), end);
}

/* Appends the protocol of a row. */
static void
protocol_text(struct text *t, uint8_t protocol)
{
	static const struct {
		uint8_t number;
		const char *name;
	} names[] = {
		{ IP_ICMP, "ICMP" },
		{ IP_TCP, "TCP" },
		{ IP_UDP, "UDP" },
		{ IP_ESP, "ESP" },
		{ IP_AH, "AH" },
		{ IP_ICMP6, "ICMPv6" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == protocol) {
			text_add(t, "%s", names[i].name);
			return;
		}
	text_add(t, "protocol %u", protocol);
}

/* Appends an address of a row, with the port if there is one. */
static void
address_text(struct text *t, uint8_t version, const uint8_t *ip,
    const uint8_t *port)
{
	struct addr a = { 0 };
	char text[ADDR_TEXT];

	a.family = version;
	a.port = get_be16(port);
	memcpy(a.ip, ip, sizeof(a.ip));
	text_add(t, "%s", a.port != 0 ? addr_text(&a, text) :
	    addr_ip_text(&a, text));
}

/* Appends direction and verdict. */
static void
verdict_text(struct text *t, bool in, bool passed)
{
	text_add(t, "%s %s ", in ? "Rx" : "Tx", passed ? "passed" :
	    "dropped");
}

/* Writes row i of those of packets that are counted together. */
static const char *
other_text(const struct packets *p, size_t i, struct text *t,
    const char *text)
{
	size_t at;

	for (at = 0; at < 4; at++) {
		if (p->other[at / 2][at % 2].packets == 0 || i-- > 0)
			continue;
		verdict_text(t, at / 2 == 1, at % 2 == 1);
		text_add(t, "all others: ");
		count_text(t, &p->other[at / 2][at % 2], ", ", "");
		break;
	}
	return text;
}

const char *
packets_row_text(const struct packets *p, size_t i, char text[PACKETS_TEXT])
{
	const uint8_t *key;
	struct text t;

	text_init(&t, text, PACKETS_TEXT);
	if (i >= p->n)
		return other_text(p, i - p->n, &t, text);
	key = p->row[i].key;
	verdict_text(&t, key[KEY_WAY] != 0, key[KEY_PASSED] != 0);
	if (key[KEY_VERSION] == 0) {
		text_add(&t, "no IP packet");
	} else {
		protocol_text(&t, key[KEY_PROTOCOL]);
		text_add(&t, " ");
		address_text(&t, key[KEY_VERSION], key + KEY_SRC,
		    key + KEY_SRC_PORT);
		text_add(&t, " > ");
		address_text(&t, key[KEY_VERSION], key + KEY_DST,
		    key + KEY_DST_PORT);
	}
	text_add(&t, ": ");
	count_text(&t, &p->row[i].count, ", ", "");
	return text;
}

const char *
packets_total_text(const struct packets *p, enum portfilter_way way,
    char text[PACKETS_TEXT])
{
	bool in = way == PORTFILTER_IN;
	struct text t;

	text_init(&t, text, PACKETS_TEXT);
	text_add(&t, "%s: ", in ? "Rx" : "Tx");
	count_text(&t, &p->total[in][1], " (", ") passed, ");
	count_text(&t, &p->total[in][0], " (", ") dropped");
	return text;
}
