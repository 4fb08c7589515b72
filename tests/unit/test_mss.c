/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/mss.h: connections that stall are followed by ones with a lower MSS,
 * and the full one comes back.
 */

#include "compat.h"

#include "tunnel/mss.h"
#include "tap.h"

static const struct hostport here = { "vpn.example.com", 443 };
static const struct hostport there = { "vpn.example.com", 444 };

/* An endpoint of that number. */
static struct hostport
nth(unsigned n)
{
	struct hostport at = { "10.0.0.1", 0 };

	at.port = (uint16_t)(1000 + n);
	return at;
}

static void
test_ladder(void)
{
	struct mss m = { .on = true };

	is_int(mss_choose(&m, &here, 0), 0, "at first there is no MSS");
	ok(mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 10), "a stall: lower");
	is_int(mss_choose(&m, &here, 10), 1360, "which is 1360");
	ok(mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 20), "a second one that "
	    "had none");
	is_int(mss_choose(&m, &here, 20), 1360, "changes nothing");
	ok(mss_stalled(&m, &here, 1360, MSS_HANDSHAKE, 0, 30), "a stall with "
	    "that: lower");
	is_int(mss_choose(&m, &here, 30), 1000, "which is 1000");
	ok(mss_stalled(&m, &here, 1000, MSS_UNSURE, 1218, 40), "and again");
	is_int(mss_choose(&m, &here, 40), 536, "which is 536");
	is_int(mss_up(&m, &here, 1000), false, "one that had 1000 is up: it "
	    "says nothing");
	is_int(mss_carried(&m, &here, 536, 100), false, "nor does a short one");
	is_int(mss_carried(&m, &here, 536, 536), true, "a long one does");
	is_int(mss_carried(&m, &here, 536, 536), false, "once");
	ok(!mss_is_right(&m, &here, 0, 50) && !mss_is_right(&m, &here, 1000,
	    50) && mss_is_right(&m, &here, 536, 50), "now others are wrong");
}

static void
test_excused(void)
{
	struct mss m = { .on = true };

	(void)mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 0);
	(void)mss_stalled(&m, &here, 1360, MSS_HANDSHAKE, 0, 0);
	(void)mss_stalled(&m, &here, 1000, MSS_HANDSHAKE, 0, 0);
	(void)mss_choose(&m, &there, 0);
	ok(!mss_stalled(&m, &here, 536, MSS_HANDSHAKE, 0, 0), "a stall with "
	    "the lowest one: it was not that");
	is_int(mss_choose(&m, &here, 1), 0, "the full one again");
	is_int(mss_choose(&m, &there, 1), 0, "also of others that only "
	    "followed");
	ok(!mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 2), "and no stall "
	    "counts");
	is_int(mss_choose(&m, &here, 3), 0, "for now");
	ok(!mss_up(&m, &here, 0), "until a handshake is done");
	ok(mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 4), "then they count");
	(void)mss_stalled(&m, &here, 536, MSS_HANDSHAKE, 0, 5);
	ok(!mss_stalled(&m, &here, 0, MSS_UNSURE, 0, 5 + MSS_KEEP_MS - 1),
	    "or for ten minutes");
	ok(mss_stalled(&m, &here, 0, MSS_UNSURE, 0, 5 + MSS_KEEP_MS),
	    "and not longer");
}

/* Handshakes take long, which is no sign. */
static void
test_slow(void)
{
	struct mss m = { .on = true };

	(void)mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 0);
	(void)mss_stalled(&m, &here, 1360, MSS_HANDSHAKE, 0, 0);
	(void)mss_choose(&m, &there, 0);
	mss_was_slow(&m, &here, 0, 5);
	ok(!mss_up(&m, &here, 0), "a stalled handshake with the full MSS is "
	    "done");
	is_int(mss_choose(&m, &here, 6), 0, "new ones get the full one");
	is_int(mss_choose(&m, &there, 6), 0, "also of others that only "
	    "followed");
	ok(mss_is_right(&m, &here, 0, 6) && !mss_is_right(&m, &here, 1000, 6),
	    "which alone is right");
	ok(!mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 7), "no stall of a "
	    "handshake counts");
	(void)mss_up(&m, &here, 0);
	(void)mss_carried(&m, &here, 0, MSS_LONG);
	ok(!mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 4 + MSS_KEEP_MS),
	    "for ten minutes, whatever gets through");
	ok(mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 5 + MSS_KEEP_MS),
	    "and not longer");
	mss_was_slow(&m, &here, 0, 0);
	ok(mss_stalled(&m, &here, 0, MSS_SHORT_PASS, 1218, 8), "a stall of "
	    "data counts");
	is_int(mss_choose(&m, &here, 8), 1000, "and lowers it");
	ok(mss_stalled(&m, &here, 1000, MSS_HANDSHAKE, 0, 9), "so does a "
	    "handshake then");
	mss_was_slow(&m, &here, 1000, 10);
	is_int(mss_choose(&m, &here, 10), 1000, "unless that is done");
	ok(mss_up(&m, &here, 1000), "which is told");
	ok(!mss_stalled(&m, &here, 1000, MSS_HANDSHAKE, 0, 11), "then its "
	    "stalls do not count");
	ok(mss_stalled(&m, &here, 1000, MSS_SHORT_PASS, 900, 12), "but those "
	    "of data");
	(void)mss_stalled(&m, &here, 536, MSS_HANDSHAKE, 0, 13);
	is_int(mss_choose(&m, &here, 13), 0, "the lowest one stalls: excused");
	mss_was_slow(&m, &here, 536, 14);
	is_int(mss_choose(&m, &here, 14), 536, "unless it comes up in the end");
	ok(mss_up(&m, &here, 536), "which is told, too");
}

static void
test_time(void)
{
	uint64_t now = 100, due;
	struct mss m = { .on = true };

	(void)mss_stalled(&m, &here, 0, MSS_SHORT_PASS, 1218, now);
	is_int(mss_choose(&m, &here, now), 1000, "one that would not shorten "
	    "the segment is left out");
	due = now + MSS_KEEP_MS;
	is_int(mss_choose(&m, &here, due - 1), 1000, "it is kept for ten "
	    "minutes");
	ok(mss_is_right(&m, &here, 1000, due - 1), "and right");
	ok(!mss_is_right(&m, &here, 1000, due), "then not any more");
	is_int(mss_choose(&m, &here, due), 0, "one connection tries the full "
	    "one");
	is_int(mss_choose(&m, &here, due + 1), 1000, "others wait");
	ok(mss_is_right(&m, &here, 1000, due + 1), "those that are there, too");
	ok(mss_stalled(&m, &here, 0, MSS_UNSURE, 1218, due + 2), "it stalls");
	now = due + 2;
	is_int(mss_choose(&m, &here, now + MSS_KEEP_MS), 1000, "it is kept "
	    "for longer");
	is_int(mss_choose(&m, &here, now + 2 * MSS_KEEP_MS), 0, "twice as "
	    "long");
	ok(!mss_carried(&m, &here, 0, 900), "a segment that is short");
	is_int(mss_choose(&m, &here, now + 2 * MSS_KEEP_MS + 1), 1000, "says "
	    "nothing");
	ok(!mss_carried(&m, &here, 0, 1218), "a longer one gets through");
	is_int(mss_choose(&m, &here, now + 2 * MSS_KEEP_MS + 2), 0, "the full "
	    "one is back");
	ok(!mss_is_right(&m, &here, 1000, now + 2 * MSS_KEEP_MS + 2),
	    "for all");
}

/* The path may have been gone. */
static void
test_doubt(void)
{
	struct mss m = { .on = true };

	ok(!mss_stalled(&m, &here, 0, MSS_UNSURE, 500, 0), "short segments "
	    "are no reason");
	is_int(mss_choose(&m, &here, 0), 0, "for a lower one");
	ok(mss_stalled(&m, &here, 0, MSS_UNSURE, 1218, 0), "a stall without a "
	    "sign");
	is_int(mss_choose(&m, &here, 0), 1360, "lowers it by little");
	ok(!mss_carried(&m, &here, 1360, 1360), "it says nothing that this "
	    "works");
	is_int(mss_choose(&m, &here, MSS_DOUBT_MS), 0, "and is tried soon");
	ok(mss_stalled(&m, &here, 0, MSS_UNSURE, 1218, MSS_DOUBT_MS + 1),
	    "if that fails");
	is_int(mss_choose(&m, &here, MSS_DOUBT_MS + MSS_KEEP_MS), 1360,
	    "it is kept");
	ok(mss_carried(&m, &here, 1360, 1360), "and there is a hole");
}

static void
test_endpoints(void)
{
	struct mss m = { .on = true };
	struct hostport at;
	unsigned i, n = 0;

	(void)mss_choose(&m, &there, 0);
	(void)mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 0);
	is_int(mss_choose(&m, &there, 1), 1360, "a new endpoint begins with "
	    "what was learnt last");
	(void)mss_carried(&m, &there, 0, MSS_LONG);
	ok(mss_is_right(&m, &there, 0, 2), "one where the full one works "
	    "keeps it");
	for (i = 0; i < 10000; i++) {
		at = nth(i);
		(void)mss_stalled(&m, &at, 0, MSS_HANDSHAKE, 0, 10 + i);
	}
	for (i = 0; i < MSS_ENDPOINTS; i++)
		n += m.endpoint[i].at.port >= 1000 + 10000 - MSS_ENDPOINTS;
	is_int(n, MSS_ENDPOINTS, "of ten thousand the newest are known");
}

static void
test_off(void)
{
	struct mss m = { .on = false };

	ok(!mss_stalled(&m, &here, 0, MSS_HANDSHAKE, 0, 0), "a user's MSS "
	    "stays");
	is_int(mss_choose(&m, &here, 0), 0, "whatever stalls");
	ok(mss_is_right(&m, &here, 0, 0), "and is right");
}

int
main(void)
{
	test_ladder();
	test_excused();
	test_slow();
	test_time();
	test_doubt();
	test_endpoints();
	test_off();
	return done_testing();
}
