/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/tun_table.h: who has which inner address, and when it moves.
 */

#include "compat.h"

#include "tunnel/tun_table.h"

#include "tap.h"

static const uint8_t seed[TABLE_SEED] = { 1, 2, 3 };

static struct tun_table table;
static struct tun_owner alice, bob, nobody, stranger;

static struct addr
address(const char *text)
{
	struct addr a;

	if (addr_parse_ip(&a, text) != 0)
		abort();
	return a;
}

/* Claims; NULL for loser is the same as nobody's. */
static enum tun_claim
claim(struct tun_owner *o, const char *text, uint64_t now_ms,
    struct tun_owner **loser)
{
	struct addr a = address(text);
	struct tun_owner *lost;
	enum tun_claim result = tun_table_claim(&table, o, &a, now_ms, &lost);

	if (loser != NULL)
		*loser = lost;
	return result;
}

static struct tun_owner *
owner(const char *text)
{
	struct addr a = address(text);

	return tun_table_find(&table, &a);
}

static bool
speaks(struct tun_owner *o, const char *text, uint64_t now_ms)
{
	struct addr a = address(text);

	return tun_table_speaks(&table, o, &a, now_ms);
}

static void
begin(void)
{
	tun_table_init(&table, seed);
	memset(&alice, 0, sizeof(alice));
	memset(&bob, 0, sizeof(bob));
	memset(&nobody, 0, sizeof(nobody));
	memset(&stranger, 0, sizeof(stranger));
	(void)tun_owner_init(&table, &alice, "alice");
	(void)tun_owner_init(&table, &bob, "bob");
	(void)tun_owner_init(&table, &nobody, "");
	(void)tun_owner_init(&table, &stranger, "");
}

static void
end(void)
{
	tun_owner_free(&table, &alice, 0);
	tun_owner_free(&table, &bob, 0);
	tun_owner_free(&table, &nobody, 0);
	tun_owner_free(&table, &stranger, 0);
	tun_table_free(&table);
	is_int(table.n, 0, "nothing is left");
}

static void
test_claims(void)
{
	struct tun_owner *loser;

	begin();
	ok(owner("10.0.0.1") == NULL, "nobody has an address at first");
	is_int(claim(&alice, "10.0.0.1", 100, &loser), TUN_GETS,
	    "who speaks first gets it");
	ok(loser == NULL, "and nobody loses it");
	ok(owner("10.0.0.1") == &alice, "it is found");
	is_int(claim(&alice, "10.0.0.1", 200, NULL), TUN_HAS, "she has it");
	is_int(claim(&alice, "fd00::1", 200, NULL), TUN_GETS, "IPv6, too");
	ok(owner("fd00::1") == &alice, "is found");
	is_int(alice.n, 2, "she has two");
	ok(speaks(&alice, "10.0.0.1", 300), "she speaks from it");
	ok(!speaks(&bob, "10.0.0.1", 300), "another one does not");
	ok(!speaks(&alice, "10.0.0.2", 300), "nor she from another");
	/* The same bytes in both families. */
	ok(owner("a00:1::") == NULL, "an IPv6 address is no IPv4 address");
	end();
}

/* Only this name may have 10.0.0.x. */
static bool
may_have(void *arg, const struct tun_name *name, const struct addr *a)
{
	return name == arg && a->family == 4 && a->ip[0] == 10;
}

static void
test_sift(void)
{
	struct tun_name *name;

	begin();
	name = tun_table_pin(&table, "alice");
	(void)tun_table_pin(&table, "bob");
	(void)tun_table_pin(&table, "carol");
	(void)claim(&alice, "10.0.0.1", 100, NULL);
	(void)claim(&alice, "fd00::1", 100, NULL);
	(void)claim(&bob, "10.0.0.2", 100, NULL);
	(void)claim(&nobody, "10.0.0.3", 100, NULL);
	tun_table_unpin(&table);
	ok(tun_table_pin(&table, "alice") == name && !name->lost,
	    "a name that is pinned again is the same");
	ok(bob.name->lost && !bob.name->pinned, "others are lost");
	tun_table_sift(&table, may_have, name);
	ok(owner("10.0.0.1") == &alice, "what a name may have it keeps");
	ok(owner("fd00::1") == NULL && owner("10.0.0.2") == NULL &&
	    owner("10.0.0.3") == NULL, "all else is forgotten");
	is_int(alice.n, 1, "  by its owner, too");
	is_int(bob.n, 0, "  and by those that have none left");
	is_int(claim(&bob, "10.0.0.1", 200, NULL), TUN_TAKEN,
	    "the table works as before");
	is_int(claim(&bob, "10.0.0.9", 200, NULL), TUN_GETS, "  for all");
	end();
}

static void
test_moves(void)
{
	struct tun_owner *loser, again = { 0 };

	begin();
	(void)tun_owner_init(&table, &again, "alice");
	claim(&alice, "10.0.0.1", 1000, NULL);
	is_int(claim(&bob, "10.0.0.1", 600999, &loser), TUN_TAKEN,
	    "another name must wait for 10 minutes of silence");
	ok(loser == &alice, "and is told who has it");
	ok(owner("10.0.0.1") == &alice, "who keeps it");
	speaks(&alice, "10.0.0.1", 5000);
	is_int(claim(&bob, "10.0.0.1", 604999, NULL), TUN_TAKEN,
	    "silence counts from the last word");
	is_int(claim(&bob, "10.0.0.1", 605000, &loser), TUN_GETS,
	    "then it moves");
	ok(loser == &alice && owner("10.0.0.1") == &bob, "from her to him");
	ok(!speaks(&alice, "10.0.0.1", 605000), "she speaks from it no more");
	is_int(alice.n, 0, "she has none");
	ok(alice.newest == NULL, "and no newest one");

	claim(&alice, "10.0.0.7", 620000, NULL);
	is_int(claim(&again, "10.0.0.7", 620001, &loser), TUN_GETS,
	    "to the same name it moves at once");
	ok(loser == &alice && owner("10.0.0.7") == &again, "to the new one");
	tun_owner_free(&table, &again, 0);
	end();
}

static void
test_moves_without_names(void)
{
	struct tun_owner *loser;

	begin();
	claim(&nobody, "10.0.0.8", 20000, NULL);
	is_int(claim(&stranger, "10.0.0.8", 20001, &loser), TUN_TAKEN,
	    "no name is not the same name");
	ok(loser == &nobody, "another flow has it");
	is_int(claim(&stranger, "10.0.0.8", 29999, NULL), TUN_TAKEN,
	    "without names it takes");
	is_int(claim(&stranger, "10.0.0.8", 30000, &loser), TUN_GETS,
	    "10 s of silence");
	ok(loser == &nobody && owner("10.0.0.8") == &stranger, "to move");
	is_int(claim(&alice, "10.0.0.8", 39999, NULL), TUN_TAKEN,
	    "so it does when the new one");
	is_int(claim(&alice, "10.0.0.8", 40000, NULL), TUN_GETS,
	    "has a name");
	is_int(claim(&nobody, "10.0.0.8", 639999, NULL), TUN_TAKEN,
	    "a name loses it to nobody");
	is_int(claim(&nobody, "10.0.0.8", 640000, NULL), TUN_GETS,
	    "before ten minutes of silence");
	end();
}

static void
test_alive(void)
{
	begin();
	claim(&alice, "10.0.0.1", 1000, NULL);
	claim(&nobody, "10.0.0.2", 1000, NULL);
	alice.alive_ms = nobody.alive_ms = 700000;
	is_int(claim(&bob, "10.0.0.1", 1299999, NULL), TUN_TAKEN,
	    "an owner that answers is not silent");
	is_int(claim(&bob, "10.0.0.1", 1300000, NULL), TUN_GETS,
	    "until it is for ten minutes");
	is_int(claim(&stranger, "10.0.0.2", 759999, NULL), TUN_TAKEN,
	    "nor is one without name");
	is_int(claim(&stranger, "10.0.0.2", 760000, NULL), TUN_GETS,
	    "until it is for one");
	end();
}

/* Addresses of an owner that has gone. */
static void
test_kept(void)
{
	struct tun_owner again = { 0 };

	begin();
	claim(&alice, "10.0.0.1", 1000, NULL);
	claim(&nobody, "10.0.0.2", 1000, NULL);
	tun_owner_free(&table, &alice, 50000);
	tun_owner_free(&table, &nobody, 50000);
	ok(owner("10.0.0.1") == NULL, "an owner that has gone is not found");
	is_int(claim(&bob, "10.0.0.2", 50000, NULL), TUN_GETS,
	    "without a name its address is free");
	is_int(claim(&bob, "10.0.0.1", 649999, NULL), TUN_TAKEN,
	    "with one it stays for ten minutes");
	(void)tun_owner_init(&table, &again, "alice");
	ok(owner("10.0.0.1") == &again, "and leads to the next of that name");
	ok(!speaks(&again, "10.0.0.1", 60000), "which has not sent from it");
	is_int(claim(&again, "10.0.0.1", 60000, NULL), TUN_GETS, "so far");
	tun_owner_release(&table, &again, 70000);
	is_int(again.n, 0, "an owner may let go");
	ok(owner("10.0.0.1") == &again, "and is found where there is no other");
	is_int(claim(&bob, "10.0.0.1", 669999, NULL), TUN_TAKEN,
	    "for ten minutes");
	is_int(claim(&bob, "10.0.0.1", 670000, NULL), TUN_GETS, "no longer");
	tun_owner_free(&table, &again, 0);
	memset(&alice, 0, sizeof(alice));
	memset(&nobody, 0, sizeof(nobody));
	end();
}

/* Two owners of one name that send from the same address. */
static void
test_shared(void)
{
	struct tun_owner second = { 0 }, *loser;

	begin();
	(void)tun_owner_init(&table, &second, "alice");
	ok(tun_owner_is_replaced(&alice) && !tun_owner_is_replaced(&second),
	    "the newest of a name is known");
	claim(&alice, "10.0.0.1", 1000, NULL);
	is_int(claim(&second, "10.0.0.1", 1001, NULL), TUN_GETS,
	    "the newer one gets it at once");
	is_int(claim(&alice, "10.0.0.1", 1002, &loser), TUN_SHARES,
	    "the older one may send from it");
	ok(loser == &second && owner("10.0.0.1") == &second,
	    "but does not get it back");
	is_int(claim(&alice, "10.0.0.1", 11000, NULL), TUN_SHARES,
	    "at once");
	is_int(claim(&alice, "10.0.0.1", 11001, NULL), TUN_GETS,
	    "but after 10 s");
	is_int(claim(&second, "10.0.0.1", 11002, NULL), TUN_SHARES,
	    "from then on");
	is_int(claim(&second, "10.0.0.1", 21000, NULL), TUN_SHARES,
	    "the newer one waits, too");
	is_int(claim(&second, "10.0.0.1", 21001, NULL), TUN_GETS,
	    "as long");
	tun_owner_free(&table, &second, 30000);
	is_int(claim(&alice, "10.0.0.1", 30000, NULL), TUN_GETS,
	    "when one has gone nobody waits");
	end();
}

/* The share of a name. */
static void
test_share_of_name(void)
{
	char text[ADDR_TEXT];
	unsigned i;

	begin();
	for (i = 0; i < TUN_TABLE_NAME_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.0.%u", i);
		claim(&alice, text, 1000 + i, NULL);
	}
	is_int(claim(&alice, "10.0.1.1", 2000, NULL), TUN_FULL,
	    "a name has no more than 16 addresses");
	is_int(claim(&alice, "10.0.1.1", 12000, NULL), TUN_GETS,
	    "until one of them is silent");
	ok(owner("10.0.0.0") == NULL, "which is forgotten");
	tun_owner_release(&table, &alice, 12000);
	is_int(claim(&alice, "10.0.1.2", 12000, NULL), TUN_GETS,
	    "those of an owner that has gone make way at once");
	ok(owner("10.0.0.1") == NULL && owner("10.0.0.2") == &alice,
	    "the most silent first");
	end();
}

static void
test_local(void)
{
	begin();
	claim(&alice, "fe80::1", 1, NULL);
	claim(&alice, "169.254.3.4", 1, NULL);
	is_int(alice.n, 2, "link-local addresses are kept");
	is_int(alice.n_global, 0, "but are not counted as others are");
	claim(&alice, "10.0.0.1", 1, NULL);
	claim(&alice, "fec0::1", 1, NULL);
	is_int(alice.n_global, 2, "as are these");
	claim(&bob, "10.0.0.1", 700000, NULL);
	claim(&bob, "fe80::1", 700000, NULL);
	is_int(alice.n_global, 1, "until they move");
	is_int(bob.n_global, 1, "to another");
	end();
}

/* Claims n addresses, the first one being 10.PLACE.0.0; returns how many
 * it got. */
static unsigned
claim_many(struct tun_owner *o, unsigned place, unsigned n, uint64_t now_ms)
{
	char text[ADDR_TEXT];
	unsigned i, got = 0;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.%u", place, i / 256,
		    i % 256);
		got += claim(o, text, now_ms, NULL) == TUN_GETS;
	}
	return got;
}

/* Systems choose link-local addresses at will. */
static void
test_many_local(void)
{
	char text[ADDR_TEXT];
	unsigned i, got = 0;

	begin();
	claim(&nobody, "10.0.0.8", 1, NULL);
	claim(&nobody, "fe80::1", 1, NULL);
	for (i = 1; i <= 10000; i++) {
		snprintf(text, sizeof(text), "fe80::%x:1", i);
		got += claim(&nobody, text, 2, NULL) == TUN_GETS;
	}
	is_int(got, 10000, "a new link-local address is always taken");
	is_int(nobody.n, 1 + TUN_TABLE_LOCAL_MAX, "but a flow keeps only four");
	ok(owner("fe80::2710:1") == &nobody && owner("fe80::1") == NULL,
	    "the newest");
	ok(owner("10.0.0.8") == &nobody, "and all of the others");
	for (i = 0; i < TUN_TABLE_NAME_MAX; i++) {
		snprintf(text, sizeof(text), "fe80::a:%x", i);
		claim(&alice, text, 2, NULL);
	}
	is_int(alice.n, TUN_TABLE_LOCAL_MAX, "a name is no exception");
	is_int(claim(&alice, "10.0.0.9", 2, NULL), TUN_GETS, "and has room "
	    "for others");
	claim(&bob, "fe80::a:f", 600002, NULL);
	is_int(alice.n_global, 1, "when one moves");
	is_int(bob.n - bob.n_global, 1, "both are counted");
	end();
}

static void
test_bounds(void)
{
	struct tun_owner *loser;
	char text[ADDR_TEXT];
	unsigned i;

	begin();
	table.max = 8;
	table.name_max = 6;
	for (i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "10.0.0.%u", i);
		claim(&alice, text, 1000 + i, NULL);
	}
	is_int(claim(&alice, "10.0.1.1", 2000, NULL), TUN_FULL,
	    "one name has no more than a share");
	is_int(claim(&nobody, "10.0.1.1", 2000, NULL), TUN_GETS,
	    "which leaves some to others");
	claim(&nobody, "10.0.1.2", 2000, NULL);
	is_int(claim(&nobody, "10.0.1.3", 2000, &loser), TUN_FULL,
	    "the table is bounded");
	ok(loser == NULL, "and nobody loses anything by that");
	speaks(&alice, "10.0.0.0", 5000);
	is_int(claim(&alice, "10.0.1.9", 11001, NULL), TUN_GETS,
	    "what was silent for 10 s makes way for others of its name,");
	ok(owner("10.0.0.1") == NULL && owner("10.0.0.0") == &alice,
	    "the most silent first");
	is_int(claim(&stranger, "10.0.1.3", 11999, NULL), TUN_FULL,
	    "for those of a different owner");
	is_int(claim(&stranger, "10.0.1.3", 12000, &loser), TUN_GETS,
	    "only what has no name");
	ok(owner("10.0.1.1") == NULL, "the most silent of all");
	ok(loser == &nobody, "and it is told whose that was");
	is_int(table.n, 8, "so it stays bounded");
	end();
}

/* A stranger with thousands of addresses, beside few owners of few. */
static void
test_full(void)
{
	enum { MANY = 10000 };
	uint64_t now_ms = 3600000;
	struct tun_owner *loser;
	unsigned i;

	begin();
	table.max = MANY;
	claim(&alice, "10.0.0.1", 1000, NULL);
	claim(&nobody, "10.0.0.2", 1000, NULL);
	nobody.alive_ms = now_ms;
	table.owner_max = MANY;
	is_int(claim_many(&stranger, 1, MANY, now_ms), MANY - 2,
	    "the table is full");
	for (i = 2; i < 6; i++) {
		now_ms += 20000;
		nobody.alive_ms = stranger.alive_ms = now_ms;
		is_int(claim_many(&stranger, i, MANY, now_ms), MANY - 2,
		    "addresses of a stranger make way for new ones of it");
	}
	ok(owner("10.0.0.1") == &alice, "a name keeps its address");
	ok(owner("10.0.0.2") == &nobody, "and so does a flow that answers");
	is_int(claim(&bob, "10.0.0.3", now_ms, &loser), TUN_GETS,
	    "a flow that comes gets one");
	ok(loser == &stranger, "of the stranger, though it was used just now");
	is_int(claim_many(&bob, 9, MANY, now_ms), TUN_TABLE_NAME_MAX - 1,
	    "as many as a name may have");
	tun_owner_free(&table, &alice, now_ms);
	now_ms += 599000;
	nobody.alive_ms = now_ms;
	is_int(claim_many(&stranger, 6, MANY, now_ms), MANY - 18, "ten minutes "
	    "later");
	is_int(claim(&bob, "10.0.0.1", now_ms, NULL), TUN_TAKEN,
	    "the address of a name that has gone is still there");
	nobody.alive_ms = 0;
	now_ms += 20000;
	is_int(claim_many(&stranger, 7, 2 * MANY, now_ms), MANY - 16, "the next "
	    "ones");
	ok(owner("10.0.0.2") == NULL, "take that of a flow that is silent");
	is_int(table.n, MANY, "the table stays full");
	tun_owner_free(&table, &stranger, now_ms);
	memset(&stranger, 0, sizeof(stranger));
	memset(&alice, 0, sizeof(alice));
	end();
}

int
main(void)
{
	test_claims();
	test_sift();
	test_moves();
	test_moves_without_names();
	test_alive();
	test_kept();
	test_shared();
	test_share_of_name();
	test_local();
	test_many_local();
	test_bounds();
	test_full();
	return done_testing();
}
