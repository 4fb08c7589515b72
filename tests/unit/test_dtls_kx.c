/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "dtls_messages.h"
#include "tap.h"

#include "wire/dtls_kx.h"

static struct random generator;

/* A session's state while its derivations are checked. */
struct session {
	const struct vector *v;
	const struct dtls_suite *suite;
	struct messages all;
	br_sha256_context transcript;	/* from the last ClientHello on */
	const struct message *after;	/* the ClientKeyExchange */
	const uint8_t *client_random, *server_random;
	uint8_t finished[2][DTLS_MESSAGE + DTLS_VERIFY];	/* that were
					 * found: of the client, the server */
};

static void
hash_out(const br_sha256_context *hash, uint8_t out[DTLS_HASH])
{
	br_sha256_out(hash, out);
}

static void
session_add(struct session *s, const struct message *m)
{
	br_sha256_update(&s->transcript, m->whole, DTLS_MESSAGE + m->f.len);
}

/* Hashes the messages that RFC 7627 3 names and finds the randoms. */
static void
session_begin(struct session *s, const struct vector *v)
{
	const struct message *m, *hello, *last;
	uint8_t hash[DTLS_HASH];
	struct dtls_client_hello client;
	struct dtls_server_hello server;

	s->v = v;
	s->suite = dtls_suite_by_id(v->suite);
	messages_read(&s->all, v);
	hello = messages_find(&s->all, DTLS_CLIENT_HELLO);
	last = messages_find(&s->all, DTLS_CLIENT_KEY_EXCHANGE);
	br_sha256_init(&s->transcript);
	for (m = hello; m <= last; m++)
		session_add(s, m);
	s->after = m;
	hash_out(&s->transcript, hash);
	is_mem(hash, v->session_hash.b, DTLS_HASH, "%s: session_hash",
	    v->name);
	dtls_client_hello_parse(&client, hello->f.data, hello->f.len);
	m = messages_find(&s->all, DTLS_SERVER_HELLO);
	dtls_server_hello_parse(&server, m->f.data, m->f.len);
	s->client_random = client.random;
	s->server_random = server.random;
}

/* Checks the shared value of X25519 from both sides; false: its private values
 * were not recorded. */
static bool
check_shared(const struct session *s, uint8_t *z)
{
	const struct message *m;
	const struct dtls_group *group;
	const uint8_t *name, *client, *server;
	size_t name_len, len;
	bool bare;

	if (s->v->client_private.n == 0)
		return false;
	m = messages_find(&s->all, DTLS_SERVER_KEY_EXCHANGE);
	dtls_server_kx_parse(true, &group, &server, &bare, m->f.data,
	    m->f.len);
	m = messages_find(&s->all, DTLS_CLIENT_KEY_EXCHANGE);
	dtls_client_kx_parse(true, &name, &name_len, &client, &len, m->f.data,
	    m->f.len);
	ok(dtls_kx_shared(group, s->v->client_private.b, server, group->share,
	    z) == 0 && memcmp(z, s->v->shared.b, 32) == 0,
	    "the client's shared value");
	memset(z, 0, 32);
	ok(dtls_kx_shared(group, s->v->server_private.b, client, len, z) == 0
	    && memcmp(z, s->v->shared.b, 32) == 0, "the server's");
	return true;
}

/* Checks the master secret; false: too little was recorded. */
static bool
check_master(const struct session *s)
{
	uint8_t z[DTLS_SECRET_MAX], master[DTLS_MASTER];

	if (s->suite->ecdhe && !check_shared(s, z))
		return false;
	dtls_kx_master(master, s->suite->ecdhe ? z : NULL,
	    s->suite->ecdhe ? 32 : 0, s->v->psk.b, s->v->psk.n,
	    s->v->session_hash.b, NULL, NULL);
	is_mem(master, s->v->master.b, DTLS_MASTER, "the master secret");
	return true;
}

/* Opens a recorded datagram's records with the keys of one role; returns how
 * many were just what the session says. */
static size_t
open_datagram(struct session *s, struct dtls_half *half, const
    struct vector_datagram *d, const struct vector_record **want)
{
	uint8_t copy[VECTOR_BYTES], *p = copy, *content, type;
	size_t left = d->bytes.n, eaten, len, good = 0;
	struct dtls_record record;

	memcpy(copy, d->bytes.b, left);
	half->cid_len = d->to_server ? (uint8_t)s->v->cid.n : 0;
	memcpy(half->cid, s->v->cid.b, half->cid_len);
	for (; left > 0; p += eaten, left -= eaten) {
		eaten = dtls_record_parse(&record, p, left, half->cid_len);
		if (eaten == 0)
			break;
		if (record.epoch == 0)
			continue;
		while ((*want)->of_client != d->to_server)
			(*want)++;
		if (dtls_open(half, &record, &type, &content, &len) != 0)
			break;
		good += record.seq == (*want)->seq &&
		    type == (*want)->inner && len == (*want)->len &&
		    memcmp(content, (*want)->content, len) == 0;
		if (type == DTLS_HANDSHAKE && len == sizeof(s->finished[0]))
			memcpy(s->finished[!d->to_server], content, len);
		(*want)++;
	}
	return good;
}

/* Derives the keys of a role, and opens with them all that came to it. */
static void
check_keys(struct session *s, bool server)
{
	static struct dtls_half in, out;
	const struct vector_record *want = s->v->records;
	size_t i, n = 0, good = 0;

	memset(&in, 0, sizeof(in));
	memset(&out, 0, sizeof(out));
	dtls_kx_keys(s->suite, s->v->master.b, s->client_random,
	    s->server_random, server, &in, &out, NULL, &generator);
	for (i = 0; i < s->v->n_records; i++)
		n += s->v->records[i].of_client == server;
	for (i = 0; i < s->v->n_datagrams; i++)
		if (s->v->datagrams[i].to_server == server)
			good += open_datagram(s, &in, &s->v->datagrams[i],
			    &want);
	is_int(good, n, "the %s opens its peer's %lu records",
	    server ? "server" : "client", (unsigned long)n);
	ok(n >= 1, "which are some");
	ok(in.suite == s->suite && out.suite == s->suite,
	    "and has keys for both directions");
}

/* Seals by one role what the other opens. */
static void
check_pair(const struct session *s)
{
	static struct dtls_half in[2], out[2];
	uint8_t space[DTLS_HEAD + 100 + DTLS_TAIL], *data, type;
	struct dtls_record record;
	size_t i, len;

	for (i = 0; i < 2; i++) {
		memset(&in[i], 0, sizeof(in[i]));
		memset(&out[i], 0, sizeof(out[i]));
		dtls_kx_keys(s->suite, s->v->master.b, s->client_random,
		    s->server_random, i == 1, &in[i], &out[i], NULL,
		    &generator);
	}
	for (i = 0; i < 2; i++) {
		memset(space, 0x55, sizeof(space));
		data = space + DTLS_HEAD;
		len = 100;
		ok(dtls_seal(&out[i], DTLS_APPLICATION, &data, &len) == 0 &&
		    dtls_record_parse(&record, data, len, 0) == len &&
		    dtls_open(&in[1 - i], &record, &type, &data, &len) == 0 &&
		    len == 100 && data[0] == 0x55 && data[99] == 0x55,
		    "what the %s seals opens at the other",
		    i == 1 ? "server" : "client");
	}
}

static void
check_finished(struct session *s)
{
	static const char *const who[] = { "client", "server" };
	const struct vector_bytes *want[] = { &s->v->client_verify,
	    &s->v->server_verify };
	uint8_t verify[DTLS_VERIFY], hash[DTLS_HASH];
	const struct message *m;
	int i;

	for (i = 0; i < 2; i++) {
		/* OpenSSL's servers give tickets before their Finished. */
		for (m = s->after; i == 1 && m < s->all.m + s->all.n; m++)
			session_add(s, m);
		hash_out(&s->transcript, hash);
		dtls_kx_finished(verify, s->v->master.b, i == 1, hash);
		is_mem(verify, want[i]->b, DTLS_VERIFY,
		    "the verify_data of the %s", who[i]);
		ok(s->finished[i][0] == DTLS_FINISHED && memcmp(verify,
		    s->finished[i] + DTLS_MESSAGE, DTLS_VERIFY) == 0,
		    "which its Finished has");
		br_sha256_update(&s->transcript, s->finished[i],
		    sizeof(s->finished[i]));
	}
}

static void
test_sessions(void)
{
	struct session s;
	size_t i, masters = 0;

	for (i = 0; i < VECTORS; i++) {
		memset(&s, 0, sizeof(s));
		session_begin(&s, &vectors[i]);
		masters += check_master(&s);
		check_keys(&s, true);
		check_keys(&s, false);
		check_pair(&s);
		check_finished(&s);
	}
	/* What OpenSSL and wolfSSL agreed on by ECDHE was not recorded. */
	is_int(masters, VECTORS - 2, "the master secrets that can be derived");
}

/* Derived once more by other means: HMAC-SHA256 of Python. */
static void
test_masters(void)
{
	static const struct {
		size_t z_len, psk_len;
		uint8_t psk;	/* first byte; the others count up */
		const char *extended, *old;
	} cases[] = {
		{ 0, 1, 0x5a,
		    "419c79fdc8c4caf8822d5cbae5c72f306fb7da4d3b06ecdb"
		    "5b939191e0abc16dec11fc137d4c5e2cfabb3dbc1a15666f",
		    "aaa983f2f3d3695ed5c2a7fcc5c3aab58eede01803400991"
		    "168f7c8cdf1f25578007300dc2e18caffc03e672e03e6784" },
		{ 0, 256, 0,
		    "b33e1c716128b227e315a139c475d7f26c1c5ebd625d25ed"
		    "3a4ebc523c9cb118e8e20643d7e05d3a1404dbf7c1ffc104",
		    "9ed87af4523ef09cda6aaa5dd820fd2e78187eb24981751b"
		    "f8189ce22a6dca4c47f329d7899ca847ec92d486a6cdda8d" },
		{ 48, 256, 0,
		    "f1cd3a94fecdc73b2fde3d26945467b77f75dd38f1665d17"
		    "474fa6e1873423cf89db133ffb0cf24f10ef6fe523f3fd11",
		    "9c30d99d91f0f0c484facdf832ae6cfd28ab58acbc6668a3"
		    "963c4c26be4b6bc4aa7d1b28b21116dee9f9f0b25b2f2a75" },
		{ 32, 1, 0x5a,
		    "24eced347241881b69fcb2a50543eddb599715e792b97a00"
		    "ccab44b1776f2dd04c3aa16c565d1e3c1df3b5efdd210030",
		    "a66d55f63ea20ee45fa3cf05a72e1268424734698840f1c7"
		    "5e5b9a4c548e76af7bd76ae1457fa99d379851bb79ec0a13" },
	};
	uint8_t count[256], z[48], master[DTLS_MASTER], want[DTLS_MASTER];
	const uint8_t *psk, *shared;
	size_t i;

	for (i = 0; i < sizeof(count); i++)
		count[i] = (uint8_t)i;
	memcpy(z, count + 1, sizeof(z));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		psk = count + cases[i].psk;
		shared = cases[i].z_len == 0 ? NULL : z;
		dtls_kx_master(master, shared, cases[i].z_len, psk,
		    cases[i].psk_len, count + 64, count, count + 32);
		unhex(want, sizeof(want), cases[i].extended);
		is_mem(master, want, sizeof(want), "master secret of RFC 7627, "
		    "%lu bytes agreed on, key of %lu", (unsigned long)
		    cases[i].z_len, (unsigned long)cases[i].psk_len);
		dtls_kx_master(master, shared, cases[i].z_len, psk,
		    cases[i].psk_len, NULL, count, count + 32);
		unhex(want, sizeof(want), cases[i].old);
		is_mem(master, want, sizeof(want), "that of RFC 5246");
	}
}

/* RFC 7748 6.1; RFC 5903 8.1, 8.2. */
static void
test_groups(void)
{
	static const struct {
		uint16_t id;
		const char *a, *a_share, *b, *b_share, *shared;
	} cases[] = {
		{ 0x1d,
		    "77076d0a7318a57d3c16c17251b26645"
		    "df4c2f87ebc0992ab177fba51db92c2a",
		    "8520f0098930a754748b7ddcb43ef75a"
		    "0dbf3a0d26381af4eba4a98eaa9b4e6a",
		    "5dab087e624a8a4b79e17f8b83800ee6"
		    "6f3bb1292618b6fd1c2f8b27ff88e0eb",
		    "de9edb7d7b7dc1b4d35b61c2ece43537"
		    "3f8343c85b78674dadfc7e146f882b4f",
		    "4a5d9d5ba4ce2de1728e3bf480350f25"
		    "e07e21c947d19e3376f09b3c1e161742" },
		{ 0x17,
		    "c88f01f510d9ac3f70a292daa2316de5"
		    "44e9aab8afe84049c62a9c57862d1433",
		    "04 dad0b65394221cf9b051e1feca5787d0"
		    "98dfe637fc90b9ef945d0c3772581180"
		    "5271a0461cdb8252d61f1c456fa3e59a"
		    "b1f45b33accf5f58389e0577b8990bb3",
		    "c6ef9c5d78ae012a011164acb397ce20"
		    "88685d8f06bf9be0b283ab46476bee53",
		    "04 d12dfb5289c8d4f81208b70270398c34"
		    "2296970a0bccb74c736fc7554494bf63"
		    "56fbf3ca366cc23e8157854c13c58d6a"
		    "ac23f046ada30f8353e74f33039872ab",
		    "d6840f6b42f6edafd13116e0e1256520"
		    "2fef8e9ece7dce03812464d04b9442de" },
		{ 0x18,
		    "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f16"
		    "0647b67414dce655e35b538041e649ee3faef896783ab194",
		    "04 667842d7d180ac2cde6f74f37551f55755c7645c20ef73e3"
		    "1634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa"
		    "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ad"
		    "a024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
		    "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060"
		    "855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc",
		    "04 e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d"
		    "83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571"
		    "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416"
		    "dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
		    "11187331c279962d93d604243fd592cb9d0a926f422e4718"
		    "7521287e7156c5c4d603135569b9e9d09cf5d4a270f59746" },
	};
	uint8_t scalar[DTLS_SCALAR_MAX], share[DTLS_SHARE_MAX];
	uint8_t want[DTLS_SECRET_MAX], z[DTLS_SECRET_MAX + 1];
	const struct dtls_group *group;
	size_t i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		group = dtls_group_by_id(cases[i].id);
		unhex(want, sizeof(want), cases[i].shared);
		memset(z, 0x77, sizeof(z));
		unhex(scalar, sizeof(scalar), cases[i].a);
		n = unhex(share, sizeof(share), cases[i].b_share);
		ok(dtls_kx_shared(group, scalar, share, n, z) == 0 &&
		    memcmp(z, want, group->secret) == 0 &&
		    z[group->secret] == 0x77, "%s: shared value",
		    group->name);
		unhex(scalar, sizeof(scalar), cases[i].b);
		n = unhex(share, sizeof(share), cases[i].a_share);
		ok(dtls_kx_shared(group, scalar, share, n, z) == 0 &&
		    memcmp(z, want, group->secret) == 0,
		    "%s: from the other side", group->name);
	}
}

static void
test_pairs(void)
{
	uint8_t scalar[3][DTLS_SCALAR_MAX + 1], share[3][DTLS_SHARE_MAX + 1];
	uint8_t z[2][DTLS_SECRET_MAX];
	const struct dtls_group *g;
	size_t i, k;

	for (i = 0; i < DTLS_GROUPS; i++) {
		g = &dtls_groups[i];
		memset(scalar, 0x77, sizeof(scalar));
		memset(share, 0x77, sizeof(share));
		for (k = 0; k < 3; k++)
			dtls_kx_make(g, NULL, &generator, scalar[k],
			    share[k]);
		ok(scalar[0][g->scalar] == 0x77 && share[0][g->share] == 0x77,
		    "%s: a key pair is as long as the group says", g->name);
		ok(memcmp(share[0], share[1], g->share) != 0 &&
		    memcmp(share[1], share[2], g->share) != 0,
		    "%s: each pair is another", g->name);
		ok(dtls_kx_shared(g, scalar[0], share[1], g->share, z[0]) ==
		    0 && dtls_kx_shared(g, scalar[1], share[0], g->share,
		    z[1]) == 0 && memcmp(z[0], z[1], g->secret) == 0,
		    "%s: two pairs agree on a value", g->name);
		ok(dtls_kx_shared(g, scalar[2], share[0], g->share, z[1]) ==
		    0 && memcmp(z[0], z[1], g->secret) != 0,
		    "%s: a third has another", g->name);
	}
}

/* Is the scalar of the spare pair wiped? */
static bool
is_wiped(const struct dtls_spare *spare)
{
	static const uint8_t zeroes[DTLS_SCALAR_MAX];

	return memcmp(spare->scalar, zeroes, sizeof(zeroes)) == 0;
}

static void
test_spare(void)
{
	const struct dtls_group *g = dtls_group_by_id(0x1d);
	const struct dtls_group *other = dtls_group_by_id(0x17);
	uint8_t scalar[DTLS_SCALAR_MAX], share[DTLS_SHARE_MAX];
	uint8_t made[DTLS_SHARE_MAX];
	struct dtls_spare spare;

	memset(&spare, 0, sizeof(spare));
	dtls_spare_fill(&spare, &generator);
	ok(spare.group == NULL && is_wiped(&spare), "before the first "
	    "handshake no key pair is made");
	dtls_kx_make(g, &spare, &generator, scalar, share);
	ok(spare.group == NULL, "without a spare one, a pair is made");
	dtls_spare_fill(&spare, &generator);
	ok(spare.group == g && !is_wiped(&spare), "then one is made for the "
	    "next");
	memcpy(made, spare.share, g->share);
	dtls_spare_fill(&spare, &generator);
	is_mem(spare.share, made, g->share, "and not a second one");
	dtls_kx_make(other, &spare, &generator, scalar, share);
	ok(spare.group == g && memcmp(share, made, g->share) != 0,
	    "one of a different group needs a new pair");
	dtls_kx_make(g, &spare, &generator, scalar, share);
	is_mem(share, made, g->share, "one of its group gets the spare one");
	ok(spare.group == NULL && is_wiped(&spare), "which is gone then");
	dtls_kx_make(g, &spare, &generator, scalar, share);
	ok(memcmp(share, made, g->share) != 0, "each is used once");
}

static void
test_bad_shares(void)
{
	/* Points of small order, in any writing (RFC 7748 7), which make
	 * the shared value zero. */
	static const char *const small[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t scalar[DTLS_SCALAR_MAX], share[DTLS_SHARE_MAX + 1];
	uint8_t bad[DTLS_SHARE_MAX + 1], z[DTLS_SECRET_MAX];
	const struct dtls_group *g = dtls_group_by_id(0x1d);
	size_t i;

	dtls_kx_make(g, NULL, &generator, scalar, share);
	for (i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		unhex(bad, sizeof(bad), small[i]);
		is_int(dtls_kx_shared(g, scalar, bad, 32, z), -1,
		    "X25519: point of small order %lu is refused",
		    (unsigned long)i);
	}
	for (i = 0; i < DTLS_GROUPS; i++) {
		g = &dtls_groups[i];
		memset(share, 4, sizeof(share));
		dtls_kx_make(g, NULL, &generator, scalar, share);
		ok(dtls_kx_shared(g, scalar, share, g->share - 1u, z) == -1 &&
		    dtls_kx_shared(g, scalar, share, g->share + 1u, z) == -1 &&
		    dtls_kx_shared(g, scalar, share, 0, z) == -1,
		    "%s: shares of another length are refused", g->name);
		if (g->id == 0x1d)
			continue;
		memcpy(bad, share, g->share);
		bad[g->share - 1] ^= 1;
		is_int(dtls_kx_shared(g, scalar, bad, g->share, z), -1,
		    "%s: a point beside the curve is refused", g->name);
		memset(bad, 0, sizeof(bad));
		is_int(dtls_kx_shared(g, scalar, bad, g->share, z), -1,
		    "%s: so is the point at infinity", g->name);
		bad[0] = 4;
		is_int(dtls_kx_shared(g, scalar, bad, g->share, z), -1,
		    "%s: and 0, 0", g->name);
		memset(bad + 1, 0xff, DTLS_SHARE_MAX);
		is_int(dtls_kx_shared(g, scalar, bad, g->share, z), -1,
		    "%s: and coordinates that are too large", g->name);
		memcpy(bad, share, g->share);
		bad[0] = 6;
		is_int(dtls_kx_shared(g, scalar, bad, g->share, z), -1,
		    "%s: and any form but the uncompressed", g->name);
		is_int(dtls_kx_shared(g, scalar, share, g->share, z), 0,
		    "%s: the share itself is good", g->name);
	}
}

int
main(void)
{
	random_init_fixed(&generator, "kx", 2);
	vectors_read();
	test_sessions();
	test_masters();
	test_groups();
	test_pairs();
	test_spare();
	test_bad_shares();
	return done_testing();
}
