/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tags of uott: who has which, and when one may be taken again.
 */

#include "compat.h"

#include "tunnel/uott_tags.h"

#include "tap.h"

enum { REST_MS = 120000 };

static int owner[UOTT_TAGS];	/* whose address is the owner of a tag */

/* Tags of a new connection. */
static void
test_counting(void)
{
	struct uott_tags t;
	uint64_t since_ms = 0;
	int i, wrong = 0;

	uott_tags_init(&t, REST_MS);
	ok(uott_tags_find(&t, 0, 0) == NULL, "nobody has a tag at first");
	is_int(uott_tags_oldest(&t, &since_ms), -1, "and none rests");
	for (i = 0; i < 1000; i++)
		wrong += uott_tags_take(&t, &owner[i], 0) != i;
	is_int(wrong, 0, "tags count up from 0");
	for (i = 0; i < 1000; i++)
		wrong += uott_tags_find(&t, (uint16_t)i, 0) != &owner[i];
	is_int(wrong, 0, "each has its owner");
	ok(uott_tags_find(&t, 1000, 0) == NULL, "the next one has none");
	ok(uott_tags_find(&t, 65535, 0) == NULL, "nor has the last");
	uott_tags_free(&t);
}

/* A flow has ended; its answers may be under way. */
static void
test_rest(void)
{
	struct uott_tags t;
	uint64_t since_ms = 0;

	uott_tags_init(&t, REST_MS);
	is_int(uott_tags_take(&t, &owner[0], 0), 0, "tag 0 is taken");
	is_int(uott_tags_take(&t, &owner[1], 0), 1, "and tag 1");
	uott_tags_release(&t, 0, 1000);
	ok(uott_tags_find(&t, 1, 1000) == &owner[1], "the other keeps its "
	    "owner");
	is_int(uott_tags_oldest(&t, &since_ms), 0, "tag 0 rests");
	is_int(since_ms, 1000, "since its flow ended");
	is_int(uott_tags_take(&t, &owner[2], 1000), 2, "so the next flow has "
	    "a new one");
	is_int(uott_tags_take(&t, &owner[3], 1000 + REST_MS - 1), 3,
	    "also when it has rested almost long enough");
	is_int(uott_tags_take(&t, &owner[4], 1000 + REST_MS), 0,
	    "one that has rested is taken again");
	ok(uott_tags_find(&t, 0, 1000 + REST_MS) == &owner[4], "by its new "
	    "owner");
	is_int(uott_tags_take(&t, &owner[5], 1000 + REST_MS), 4, "only once");
	uott_tags_free(&t);
}

/* Answers of an old flow come late. */
static void
test_late_frames(void)
{
	struct uott_tags t;
	uint64_t since_ms = 0;
	int i;

	uott_tags_init(&t, REST_MS);
	for (i = 0; i < 3; i++)
		(void)uott_tags_take(&t, &owner[i], 0);
	for (i = 0; i < 3; i++)
		uott_tags_release(&t, (uint16_t)i, 0);
	ok(uott_tags_find(&t, 0, REST_MS - 1) == NULL, "a frame for a tag that "
	    "rests is nobody's");
	is_int(uott_tags_oldest(&t, &since_ms), 1, "and others have rested "
	    "longer by then");
	ok(uott_tags_find(&t, 2, REST_MS - 1) == NULL, "another one");
	is_int(uott_tags_take(&t, &owner[3], REST_MS), 1, "the one without is "
	    "taken");
	is_int(uott_tags_take(&t, &owner[4], REST_MS), 3, "the others are "
	    "not");
	is_int(uott_tags_take(&t, &owner[5], 2 * REST_MS - 2), 4, "until they "
	    "have rested anew");
	is_int(uott_tags_take(&t, &owner[6], 2 * REST_MS - 1), 0, "and then, "
	    "in the order of their rest");
	is_int(uott_tags_take(&t, &owner[7], 2 * REST_MS - 1), 2, "they are");
	uott_tags_free(&t);
}

/* All 65536 at the same time. */
static void
test_all(void)
{
	struct uott_tags t;
	uint64_t since_ms = 0;
	int i, wrong = 0;

	uott_tags_init(&t, REST_MS);
	for (i = 0; i < UOTT_TAGS; i++)
		wrong += uott_tags_take(&t, &owner[i], 0) != i;
	is_int(wrong, 0, "there are 65536 tags");
	is_int(uott_tags_take(&t, &owner[0], 0), -1, "and no more");
	is_int(uott_tags_oldest(&t, &since_ms), -1, "none of them rests");
	ok(uott_tags_find(&t, 65535, 0) == &owner[65535], "the last one has "
	    "its owner");
	for (i = 0; i < UOTT_TAGS; i++)
		uott_tags_release(&t, (uint16_t)i, (uint64_t)i);
	is_int(uott_tags_take(&t, &owner[0], REST_MS - 1), -1, "none has "
	    "rested enough");
	is_int(uott_tags_oldest(&t, &since_ms), 0, "the first has rested "
	    "longest");
	uott_tags_claim(&t, 0, &owner[7]);
	ok(uott_tags_find(&t, 0, REST_MS - 1) == &owner[7], "it can be taken "
	    "at once if need be");
	is_int(uott_tags_oldest(&t, &since_ms), 1, "the next one is behind "
	    "it");
	uott_tags_claim(&t, 40000, &owner[8]);
	uott_tags_claim(&t, 65535, &owner[9]);
	for (i = 1; i < UOTT_TAGS; i++)
		if (i != 40000 && i != 65535)
			wrong += uott_tags_take(&t, &owner[i],
			    2 * REST_MS) != i;
	is_int(wrong, 0, "the others follow in their order");
	is_int(uott_tags_take(&t, &owner[0], 2 * REST_MS), -1, "until all "
	    "are taken");
	uott_tags_release(&t, 40000, 2 * REST_MS);
	is_int(uott_tags_take(&t, &owner[0], 3 * REST_MS), 40000,
	    "the only one that rests is found");
	uott_tags_free(&t);
}

int
main(void)
{
	test_counting();
	test_rest();
	test_late_frames();
	test_all();
	return done_testing();
}
