/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/fair.h, in simulated time: who is delayed, marked and dropped.
 */

#include "compat.h"

#include "tunnel/fair.h"

#include "base/bytes.h"
#include "wire/ip.h"
#include "wire/random.h"
#include "tap.h"

enum { FLOWS = 10001 };

static struct queue_pool pool;
static struct ip_flow_key key;
static struct fairs all;
static struct fair *fair;
static uint64_t now_ms;
static unsigned last_number[FLOWS];	/* that was sent of each */
static unsigned out_of_order;

static void
begin(uint64_t at_ms)
{
	struct random r;

	random_init_fixed(&r, "fair", 4);
	random_bytes(&r, &key, sizeof(key));
	memset(last_number, 0, sizeof(last_number));
	out_of_order = 0;
	now_ms = at_ms;
	fairs_open(&all, &pool, &key);
	if (!fair_take(&all, &fair))
		abort();
}

/* Ends a test: all memory is back. */
static void
end(const char *title)
{
	(void)fair_expire(fair, UINT64_MAX);
	is_int(fair->count + fair->bytes, 0, "%s: it is empty in the end",
	    title);
	is_int(out_of_order, 0, "%s: each conversation kept its order", title);
	fair_give_back(&fair);
	fairs_close(&all);
	is_int(pool.bytes, 0, "%s: and the memory is back", title);
	queue_pool_close(&pool);
}

/* Queues a packet of that conversation. */
static int
put(unsigned flow, unsigned number, size_t len, uint8_t tos)
{
	static uint8_t packet[1500];

	packet[0] = 0x45;
	packet[1] = tos;
	put_be16(packet + 2, (uint16_t)len);
	packet[9] = IP_UDP;
	put_be32(packet + 12, 0x0a000000 + flow);
	put_be32(packet + 16, 0x0a080001);
	put_be32(packet + 28, number);
	put_be16(packet + 10, 0);
	put_be16(packet + 10, ip_checksum(packet, 20));
	return fair_put(fair, packet, len, now_ms);
}

/* Looks at a packet that is sent; its conversation. */
static unsigned
look(const uint8_t *p)
{
	unsigned flow = get_be32(p + 12) - 0x0a000000;
	unsigned number = get_be32(p + 28);

	out_of_order += number <= last_number[flow];
	last_number[flow] = number;
	return flow;
}

/* Sends the next packet; its conversation, -1 when there is none. */
static int
send_one(size_t *len)
{
	const uint8_t *p = fair_first(fair, now_ms, len);
	unsigned flow;

	if (p == NULL)
		return -1;
	flow = look(p);
	fair_pop(fair);
	return (int)flow;
}

static void
test_order(void)
{
	unsigned i, bad = 0;
	size_t len;

	begin(1000);
	ok(fair_first(fair, now_ms, &len) == NULL, "a new one has no packet");
	for (i = 1; i <= 100; i++)
		(void)put(1, i, 1000, 0);
	is_int(fair->count, 100, "packets are counted");
	is_int(fair_since(fair), 1000, "and when the oldest came");
	for (i = 1; i <= 100; i++) {
		bad += send_one(&len) != 1 || len != 1000 ||
		    last_number[1] != i;
		if (i == 50) {
			now_ms++;
			(void)put(1, 101, 1000, 0);
		}
	}
	is_int(bad, 0, "one conversation is sent as it came");
	is_int(fair_since(fair), 1001, "the oldest is another then");
	ok(send_one(&len) == 1 && send_one(&len) == -1, "and then nothing");
	end("order");
}

/* A voice call beside downloads, on a link of 1500 bytes a millisecond. */
static void
test_voice(void)
{
	unsigned bulk[5] = { 0 }, voice = 0, i, sent[5] = { 0 };
	uint64_t put_ms = 0, worst_ms = 0;
	bool waits = false;
	size_t len;
	int flow;

	begin(5000);
	for (i = 0; i < 10000; i++, now_ms++) {
		/* Twice of what the link takes. */
		(void)put(i % 3 + 1, ++bulk[i % 3 + 1], 1500, 0);
		(void)put(4, ++bulk[4], 1500, 0);
		if (i % 20 == 10) {
			(void)put(0, ++voice, 200, 0);
			put_ms = now_ms;
			waits = true;
		}
		flow = send_one(&len);
		if (flow == 0) {
			waits = false;
			flow = send_one(&len);
		}
		if (flow > 0)
			sent[flow]++;
		if (waits && now_ms - put_ms > worst_ms)
			worst_ms = now_ms - put_ms;
	}
	ok(worst_ms <= 1, "a voice call waits for a packet of others, %u ms, "
	    "beside twice of what the link takes", (unsigned)worst_ms);
	is_int(last_number[0], voice, "and loses none");
	ok(sent[1] > 2000 && sent[4] < 3000 && sent[4] > 2000, "each of four "
	    "others gets a quarter: %u, %u, %u, %u", sent[1], sent[2], sent[3],
	    sent[4]);
	ok(fair->early > 100, "early drops: %u", fair->early);
	end("voice");
}

/* A sender that halves its rate at a signal, and else sends more each 20 ms.
 * The link takes 1500 bytes a millisecond.  Returns the mean delay in ms. */
static unsigned
run_sender(uint8_t tos, unsigned ms)
{
	uint64_t delays = 0, since_ms;
	unsigned number = 0, i, signals, was, sent = 0;
	unsigned rate = 512, left = 0;	/* packets in 1024 ms */
	size_t len;

	for (i = 0; i < ms; i++, now_ms++) {
		for (left += rate; left >= 1024; left -= 1024)
			(void)put(1, ++number, 1500, tos);
		was = fair->early + fair->marked;
		since_ms = fair->count > 0 ? fair_since(fair) : now_ms;
		if (send_one(&len) >= 0) {
			delays += now_ms - since_ms;
			sent++;
		}
		signals = fair->early + fair->marked - was;
		if (signals > 0)
			rate -= rate / 4;
		else if (i % 20 == 0)
			rate += 8;
	}
	return sent == 0 ? 9999 : (unsigned)(delays / sent);
}

static void
test_marks(void)
{
	unsigned mean_ms;

	begin(1);
	mean_ms = run_sender(2, 60000);
	ok(fair->marked > 20 && fair->early == 0 && fair->over == 0, "packets "
	    "whose sender takes marks are marked, %u of them, none is dropped",
	    fair->marked);
	ok(mean_ms < 40, "and their delay is %u ms in the mean", mean_ms);
	end("marks");
	begin(1);
	mean_ms = run_sender(0, 60000);
	ok(fair->early > 20 && fair->marked == 0 && fair->over == 0, "others "
	    "are dropped early, %u of them", fair->early);
	ok(mean_ms < 40, "for as short a delay, %u ms", mean_ms);
	end("drops");
}

static void
test_idle_hour(void)
{
	unsigned i, n = 0, number = 0;
	size_t len;

	begin(1);
	for (i = 0; i < 5000; i++, now_ms++) {
		(void)put(1, ++number, 1500, 0);
		(void)put(1, ++number, 1500, 0);
		(void)send_one(&len);
	}
	while (send_one(&len) >= 0)
		n++;
	ok(n > 0, "an overload ends");
	now_ms += 3600000;
	fair->early = fair->over = 0;
	for (i = 0; i < 50; i++)
		(void)put(1, ++number, 1500, 0);
	for (n = 0; send_one(&len) >= 0; n++)
		now_ms++;
	ok(n == 50 && fair->early == 0, "after an idle hour a burst of 50 "
	    "loses none");
	end("idle hour");
}

static void
test_many(void)
{
	unsigned flow, i, n, queued;
	size_t len;

	begin(1);
	for (i = 1; i <= 3; i++)
		for (flow = 0; flow < 10000; flow++)
			if (put(flow, i, 60, 2) != 0)
				abort();
	is_int(fair->count + fair->over, 30000, "ten thousand conversations "
	    "are queued or counted");
	ok(fair->bytes <= FAIR_MAX && pool.bytes <=
	    FAIR_MAX + 2 * FAIR_FLOWS * QUEUE_BLOCK,
	    "within the bound: %lu bytes", (unsigned long)fair->bytes);
	queued = fair->count;
	for (n = 0; send_one(&len) >= 0; n++)
		continue;
	is_int(n, queued, "and all that are queued are sent");
	end("many");
}

static void
test_bounds(void)
{
	unsigned i, number = 0, voice = 0, lost = 0;
	size_t len, most = 0;

	begin(1);
	for (i = 0; i < 20000; i++) {
		if (i % 1000 == 0)
			(void)put(2, ++voice, 200, 2);
		lost += put(1, ++number, 1500, 2) != 0;
		most = pool.bytes > most ? pool.bytes : most;
	}
	ok(fair->bytes <= FAIR_MAX && most < FAIR_MAX / 8 * 9,
	    "a flood stays within 4 MiB: %lu", (unsigned long)most);
	is_int(fair->over + fair->count + lost, number + voice, "what went is "
	    "counted");
	while (send_one(&len) >= 0)
		continue;
	is_int(last_number[2], voice, "a thin conversation beside it loses "
	    "nothing");
	is_int(last_number[1], number, "of the flood the newest are kept");
	end("bounds");
}

/* Legs of one end share its memory: a heavy one leaves room for others. */
static void
test_legs(void)
{
	static struct fair *legs[FAIR_LEGS + 1];
	struct fair *first;
	unsigned i, j, taken = 0, empty = 0;
	size_t len;

	begin(1);
	fair_give_back(&fair);
	for (i = 0; i <= FAIR_LEGS; i++)
		taken += fair_take(&all, &legs[i]);
	is_int(taken, FAIR_LEGS + 1, "beyond %u legs an empty queue goes to a "
	    "new one", FAIR_LEGS);
	ok(legs[0] == NULL && legs[FAIR_LEGS] != NULL, "that of the leg which "
	    "had its for longest");
	for (j = 0; j < 2000; j++)
		for (i = 1; i < 8; i++) {
			fair = legs[i];
			(void)put(i, j + 1, 1500, 0);
		}
	ok(pool.bytes <= QUEUE_POOL_MAX, "all legs stay within 8 MiB");
	for (i = 8; i <= FAIR_LEGS; i++) {
		fair = legs[i];
		empty += put(i, 1, 200, 0) != 0;
	}
	is_int(empty, 0, "seven that are full leave room for the others");
	ok(!fair_take(&all, &first) && first == NULL, "while none is empty "
	    "there is none for another leg");
	for (i = 1; i <= FAIR_LEGS; i++) {
		if (legs[i] == NULL)
			continue;
		(void)fair_expire(legs[i], UINT64_MAX);
		fair_give_back(&legs[i]);
	}
	ok(fair_take(&all, &first) && all.n == FAIR_LEGS, "what was given back "
	    "is used again");
	fair_give_back(&first);
	is_int(all.n, FAIR_LEGS, "and their number is bounded");
	fairs_close(&all);
	is_int(pool.bytes, 0, "the memory of all is back");
	queue_pool_close(&pool);
	(void)len;
}

static void
test_passed_over(void)
{
	const uint8_t *p;
	unsigned order[6] = { 0 }, i;
	size_t len;

	begin(1);
	for (i = 1; i <= 2; i++) {
		(void)put(1, i, 1000, 0);
		(void)put(2, i, 1000, 0);
		(void)put(3, i, 1000, 0);
	}
	p = fair_first(fair, now_ms, &len);
	ok(p != NULL && get_be32(p + 12) == 0x0a000001, "the first comes "
	    "first");
	fair_pass_over(fair);
	is_int(send_one(&len), 2, "passed over, it lets the next one go");
	ok(fair_first(fair, now_ms, &len) != NULL, "which may be passed over, "
	    "too");
	fair_pass_over(fair);
	ok(fair_first(fair, now_ms, &len) != NULL, "as may all");
	fair_pass_over(fair);
	ok(fair_first(fair, now_ms, &len) == NULL && fair->count == 5,
	    "and then there is none to send");
	fair_return(fair);
	for (i = 0; i < 5; i++)
		order[i] = (unsigned)send_one(&len);
	ok(order[0] == 1 && order[4] != 0, "afterwards they are as they were");
	is_int(send_one(&len), -1, "all of them");
	end("passed over");
}

/* A queue that stood is emptied by its age, and has a burst an hour later. */
static void
test_emptied(void)
{
	size_t len;

	begin(1000);
	(void)put(1, 1, 1000, 0);
	(void)put(1, 2, 1000, 0);
	now_ms += 10;
	(void)fair_first(fair, now_ms, &len);
	(void)fair_expire(fair, UINT64_MAX);
	now_ms += 3600 * 1000;
	(void)put(1, 3, 1000, 0);
	(void)put(1, 4, 1000, 0);
	(void)put(1, 5, 1000, 0);
	now_ms += 6;
	(void)fair_first(fair, now_ms, &len);
	is_int(fair->early, 0, "a burst is not judged by what was there before "
	    "the queue was emptied");
	end("emptied");
}

/* The bound is one of memory: blocks that small packets are in. */
static void
test_blocks(void)
{
	unsigned i;

	begin(1000);
	for (i = 0; i < 9000; i++)
		(void)put(i % 3000, i / 3000 + 1, 60, 0);
	ok(pool.bytes <= FAIR_MAX, "small packets of 3000 conversations take "
	    "%lu bytes of memory", (unsigned long)pool.bytes);
	is_int(fair->bytes, pool.bytes, "all of which is counted");
	end("blocks");
}

static void
test_age(void)
{
	unsigned i;
	size_t len;

	begin(1000);
	for (i = 1; i <= 10; i++, now_ms++)
		(void)put(i % 2, i, 100, 0);
	is_int(fair_expire(fair, 1005), 5, "what is too old is dropped, of "
	    "each conversation");
	is_int(fair->count, 5, "and no more");
	is_int(fair_since(fair), 1005, "the oldest left");
	(void)send_one(&len);
	end("age");
}

/* No packet at all, as probes are. */
static void
test_probe(void)
{
	static const uint8_t probe[3] = { 0xfe, 1, 2 };
	const uint8_t *p;
	unsigned i;
	size_t len;

	begin(1);
	for (i = 1; i <= 400; i++)
		(void)put(1, i, 1500, 2);
	for (i = 0; i < 3; i++)
		(void)fair_put(fair, probe, sizeof(probe), now_ms);
	(void)fair_put(fair, probe, 0, now_ms);
	now_ms += 400;
	(void)send_one(&len);
	for (i = 0; i < 2; i++) {
		p = fair_first(fair, now_ms, &len);
		if (p != NULL && len == 3)
			break;
		if (p != NULL)
			(void)look(p);
		fair_pop(fair);
	}
	ok(i < 2 && memcmp(p, probe, 3) == 0, "a probe goes before a download, "
	    "unchanged");
	end("probe");
}

int
main(void)
{
	test_order();
	test_voice();
	test_marks();
	test_idle_hour();
	test_many();
	test_bounds();
	test_legs();
	test_passed_over();
	test_emptied();
	test_blocks();
	test_age();
	test_probe();
	return done_testing();
}
