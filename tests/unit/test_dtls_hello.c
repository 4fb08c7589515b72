/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "wire/dtls_record.h"
#include "wire/dtls_suite.h"

#include "dtls_messages.h"
#include "tap.h"

/* The first ClientHello of peers that are in no recorded session: datagrams. */
static const struct {
	const char *name, *hex;
} peers[] = {
	{ "GnuTLS 3.7",
	    "16fefd0000000000000000009e010000920000000000000092"
	    "fefd65efe11d6ed46efd56e3891c34038a01af1baea64c51b30da1a8b71cd38b90b8"
	    "0000000cccacc037ccab00a800aec0a40100005c000500050100000000000a000c00"
	    "0a001700180019001d001e000b00020100000d002200200401080908040403080705"
	    "01080a0805050308060601080b080606030201020300160000001700000023 0000"
	    "ff01000100001c00024000" },
	{ "mbedTLS 2.28",
	    "16feff000000000000000000880100007c000000000000007c"
	    "fefd6b004aa1df9fba60c8b141e48062324126224767ea2cf45e718e07431b029f04"
	    "0000000ac0a8ccacc03700a800ff01000048000d0012001006030601050305010403"
	    "040103030301000a001c001a0019001c0018001b00170016001a0015001400130012"
	    "001d001e000b0002010000160000001700000023 0000" },
	{ "OpenSSL 3.0, any version",
	    "16feff000000000000000000c0010000b400000000000000b4"
	    "fefdb68f8095024653392bd712273a7dfe99e4cb132080badfa090d259e1595143c1"
	    "00000038c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067"
	    "c00ac0140039c009c0130033009d009c003d003c0035002f00ff01000052000b0004"
	    "03000102000a000c000a001d0017001e001900180023000000160000001700000 00d"
	    "002a0028040305030603080708080809080a080b0804080508060401050106010303"
	    "03010302040205020602" },
};

/* A ClientHello as its parts, to be put together with one of them wrong. */
struct parts {
	const char *version, *session, *cookie, *suites, *compressions, *block;
};

static const struct parts right = {
	"fefd", "00", "00", "0004 c037 00ff", "0100",
	"001e ff01 0001 00  000a 0006 0004 fafa 001d  000b 0002 0100  0017 0000"
	"  0036 0001 00",
};

static uint8_t body[DTLS_BODY_MAX];

/* Puts it together; its length. */
static size_t
assemble(const struct parts *parts)
{
	size_t n = unhex(body, sizeof(body), parts->version), i;

	for (i = 0; i < DTLS_RANDOM; i++)
		body[n++] = (uint8_t)(100 + i);
	n += unhex(body + n, sizeof(body) - n, parts->session);
	n += unhex(body + n, sizeof(body) - n, parts->cookie);
	n += unhex(body + n, sizeof(body) - n, parts->suites);
	n += unhex(body + n, sizeof(body) - n, parts->compressions);
	return n + unhex(body + n, sizeof(body) - n, parts->block);
}

/* Parses n bytes of what was put together, in memory of just that size. */
static int
parse_client(struct dtls_client_hello *hello, size_t n)
{
	static uint8_t *copy;

	free(copy);
	copy = malloc(n > 0 ? n : 1);
	if (copy == NULL)
		exit(1);
	memcpy(copy, body, n);
	return dtls_client_hello_parse(hello, copy, n);
}

static int
parse_parts(const struct parts *parts)
{
	struct dtls_client_hello hello;

	return parse_client(&hello, assemble(parts));
}

/* The same with another block of extensions. */
static int
parse_block(const char *block)
{
	struct parts parts = right;

	parts.block = block;
	return parse_parts(&parts);
}

static bool
has_suite(const struct dtls_client_hello *hello, uint16_t id)
{
	size_t i;

	for (i = 0; i < hello->n_suites; i++)
		if (get_be16(hello->suites + 2 * i) == id)
			return true;
	return false;
}

/* Reads the ClientHello of a datagram in which it is alone. */
static int
parse_datagram(struct dtls_client_hello *hello, const uint8_t *datagram,
    size_t n)
{
	struct dtls_fragment f;

	if (dtls_fragment_parse(&f, datagram + DTLS_HEADER, n - DTLS_HEADER) !=
	    n - DTLS_HEADER || f.type != DTLS_CLIENT_HELLO || f.n != f.len)
		return -1;
	return dtls_client_hello_parse(hello, f.data, f.n);
}

static void
test_fragments(void)
{
	uint8_t bytes[DTLS_MESSAGE + 10];
	struct dtls_fragment f;
	size_t n;

	memset(bytes, 7, sizeof(bytes));
	dtls_fragment_write(bytes, DTLS_FINISHED, 0x10203, 0x405, 0x708, 10);
	is_mem(bytes, "\x14\1\2\3\4\5\0\7\10\0\0\12", DTLS_MESSAGE,
	    "a message header is written as RFC 6347 4.2.2 has it");
	n = dtls_fragment_parse(&f, bytes, sizeof(bytes));
	is_int(n, sizeof(bytes), "a fragment ends where its header says");
	ok(f.type == DTLS_FINISHED && f.len == 0x10203 && f.seq == 0x405 &&
	    f.offset == 0x708 && f.n == 10 && f.data == bytes + DTLS_MESSAGE,
	    "its header is read");
	for (n = 0; n < sizeof(bytes); n++)
		if (dtls_fragment_parse(&f, bytes, n) != 0)
			break;
	is_int(n, sizeof(bytes), "a fragment that is cut is none");
	dtls_fragment_write(bytes, DTLS_SERVER_HELLO_DONE, 0, 2, 0, 0);
	is_int(dtls_fragment_parse(&f, bytes, sizeof(bytes)), DTLS_MESSAGE,
	    "a message without a body is a fragment");
	dtls_fragment_write(bytes, DTLS_FINISHED, 12, 2, 2, 10);
	ok(dtls_fragment_parse(&f, bytes, sizeof(bytes)) > 0 &&
	    f.offset + f.n == f.len, "the last fragment of a message");
	bytes[3] = 11;
	is_int(dtls_fragment_parse(&f, bytes, sizeof(bytes)), 0,
	    "a fragment that goes past its message is none");
	bytes[3] = 1;
	is_int(dtls_fragment_parse(&f, bytes, sizeof(bytes)), 0,
	    "a fragment that begins past its message is none");
}

static void
test_peers(void)
{
	uint8_t datagram[300];
	struct dtls_client_hello hello;
	struct messages all;
	size_t i, n, hellos = 0;

	for (i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		n = unhex(datagram, sizeof(datagram), peers[i].hex);
		ok(parse_datagram(&hello, datagram, n) == 0 &&
		    hello.version == DTLS_1_2 && hello.master &&
		    hello.scsv != hello.renegotiation && hello.n_groups >= 5 &&
		    !hello.has_cid && hello.cookie_len == 0,
		    "the ClientHello of %s is read", peers[i].name);
		ok(has_suite(&hello, 0xccac) == (i < 2),
		    "with its suites");
	}
	for (i = 0; i < VECTORS; i++) {
		messages_read(&all, &vectors[i]);
		for (n = 0; n < all.n; n++) {
			if (all.m[n].f.type != DTLS_CLIENT_HELLO)
				continue;
			hellos++;
			memset(&hello, 0xff, sizeof(hello));
			ok(dtls_client_hello_parse(&hello, all.m[n].f.data,
			    all.m[n].f.len) == 0 && hello.master &&
			    has_suite(&hello, vectors[i].suite) &&
			    hello.has_cid == (vectors[i].cid.n > 0) &&
			    (hello.cookie_len > 0) == (all.m[n].f.seq > 0) &&
			    (!dtls_suite_by_id(vectors[i].suite)->ecdhe ||
			    hello.n_groups >= 3),
			    "ClientHello %u of: %s", all.m[n].f.seq,
			    vectors[i].name);
		}
	}
	is_int(hellos, VECTORS + 4, "four of them came with a cookie");
}

static void
test_client_hello(void)
{
	struct dtls_client_hello hello;
	size_t len = assemble(&right), n, bad = 0, plain;

	is_int(parse_client(&hello, len), 0, "a ClientHello is read");
	ok(hello.version == DTLS_1_2 && hello.random[31] == 131 &&
	    hello.session_len == 0 && hello.cookie_len == 0,
	    "version, random, no session, no cookie");
	ok(hello.n_suites == 2 && get_be16(hello.suites) == 0xc037 &&
	    hello.scsv, "the suites, and the one that is none");
	ok(hello.has_groups && hello.n_groups == 2 &&
	    get_be16(hello.groups + 2) == 0x1d, "the groups, unknown ones too");
	ok(hello.renegotiation && hello.master && hello.has_cid &&
	    hello.cid_len == 0, "the extensions, an empty cid among them");
	plain = len - 2 - 0x1e;
	for (n = 0; n < len; n++)
		if (parse_client(&hello, n) != DTLS_DECODE_ERROR)
			bad += n == plain ? 0 : 1;
	is_int(bad, 0, "one that is cut is malformed, wherever");
	ok(parse_client(&hello, plain) == 0 && !hello.master &&
	    !hello.has_groups && !hello.has_cid && !hello.renegotiation,
	    "but it may have no extensions at all");
	body[len] = 0;
	is_int(parse_client(&hello, len + 1), DTLS_DECODE_ERROR,
	    "nothing may follow it");
}

static void
test_client_hello_lengths(void)
{
	struct dtls_client_hello hello;
	struct parts p = right;
	size_t i, len;

	p.version = "feff";
	ok(parse_client(&hello, assemble(&p)) == 0 &&
	    hello.version == DTLS_1_0, "the version is the caller's to judge");
	p = right;
	p.session = "20 000102030405060708090a0b0c0d0e0f"
	    "101112131415161718191a1b1c1d1e1f";
	p.cookie = "02 abcd";
	ok(parse_client(&hello, assemble(&p)) == 0 &&
	    hello.session_len == 32 && hello.session[31] == 31 &&
	    hello.cookie_len == 2 && hello.cookie[1] == 0xcd,
	    "a session and a cookie are read");
	p.session = "21 000102030405060708090a0b0c0d0e0f"
	    "101112131415161718191a1b1c1d1e1f20";
	is_int(parse_parts(&p), DTLS_DECODE_ERROR,
	    "a session has at most 32 bytes");
	p = right;
	p.cookie = "ff";
	len = assemble(&p);
	/* 255 bytes for a cookie, before the suites. */
	for (i = len; i-- > 36;)
		body[i + 255] = body[i];
	ok(parse_client(&hello, len + 255) == 0 &&
	    hello.cookie_len == 255 && hello.has_cid,
	    "a cookie of 255 bytes is read");
	p = right;
	p.suites = "0000";
	is_int(parse_parts(&p), DTLS_DECODE_ERROR, "no suites: malformed");
	p.suites = "0003 c0370a";
	is_int(parse_parts(&p), DTLS_DECODE_ERROR,
	    "half a suite: malformed");
	p.suites = "0006 1a1a c037 ffff";
	ok(parse_client(&hello, assemble(&p)) == 0 && !hello.scsv &&
	    hello.n_suites == 3, "suites that nobody knows are no harm");
	p = right;
	p.compressions = "00";
	is_int(parse_parts(&p), DTLS_DECODE_ERROR,
	    "no compressions: malformed");
	p.compressions = "02 0140";
	is_int(parse_parts(&p), DTLS_ILLEGAL_PARAMETER,
	    "the null compression must be offered");
	p.compressions = "02 0100";
	is_int(parse_parts(&p), 0, "with others or alone");
}

static void
test_client_hello_extensions(void)
{
	char many[66 * 8 + 10];
	size_t i, n;

	is_int(parse_block("0000"), 0, "an empty block of extensions");
	is_int(parse_block("0008 0017 0000 0017 0000"), DTLS_DECODE_ERROR,
	    "an extension may not come twice");
	is_int(parse_block("000a 2a2a 0001 00 2a2a 0001 00"),
	    DTLS_DECODE_ERROR, "also one that is unknown may not");
	is_int(parse_block("000a 2a2a 0001 00 3a3a 0001 00"), 0,
	    "unknown ones are skipped");
	is_int(parse_block("0005 0017 0001 00"), DTLS_DECODE_ERROR,
	    "extended_master_secret must be empty");
	is_int(parse_block("0004 ff01 0000"), DTLS_DECODE_ERROR,
	    "renegotiation_info must hold its length");
	is_int(parse_block("0006 ff01 0002 0000"), DTLS_DECODE_ERROR,
	    "and nothing after what that counts");
	is_int(parse_block("0006 ff01 0002 0100"), DTLS_HANDSHAKE_FAILURE,
	    "this is no renegotiation");
	is_int(parse_block("0006 000a 0002 0000"), DTLS_DECODE_ERROR,
	    "supported_groups may not be empty");
	is_int(parse_block("0007 000a 0003 0001 00"), DTLS_DECODE_ERROR,
	    "nor have half a group");
	is_int(parse_block("000a 000a 0006 0002 001d 0017"),
	    DTLS_DECODE_ERROR, "nor more than it says");
	is_int(parse_block("0008 000a 0004 0004 001d"), DTLS_DECODE_ERROR,
	    "nor less");
	is_int(parse_block("0004 0036 0000"), DTLS_DECODE_ERROR,
	    "connection_id must hold its length");
	is_int(parse_block("0006 0036 0002 0200"), DTLS_DECODE_ERROR,
	    "and as many bytes");
	is_int(parse_block("0007 0036 0003 0100 00"), DTLS_DECODE_ERROR,
	    "and no more");
	for (i = 64; i <= 65; i++) {
		snprintf(many, sizeof(many), "%04x", (unsigned)(4 * i));
		for (n = 0; n < i; n++)
			snprintf(many + 4 + 8 * n, 9, "%04x0000",
			    (unsigned)(0x1000 + n));
		is_int(parse_block(many), i == 64 ? 0 : DTLS_DECODE_ERROR,
		    "%lu extensions are %s", (unsigned long)i,
		    i == 64 ? "read" : "too many");
	}
}

static void
test_offer(void)
{
	static const uint8_t random[DTLS_RANDOM] = { 0xaa, 0xbb };
	static const uint8_t cookie[DTLS_COOKIE_MAX] = { 1, 2, 3 };
	static const char want[] = "fefd aabb"
	    "000000000000000000000000000000000000000000000000000000000000"
	    "00 00 0004 c037 00a8 0100 001e"
	    "ff01 0001 00 000a 0006 0004 001d 0018 000b 0002 0100 0017 0000"
	    "0036 0001 00";
	const struct dtls_suite *suites[] = { dtls_suite_by_id(0xc037),
	    dtls_suite_by_id(0x00a8) };
	const struct dtls_group *groups[] = { dtls_group_by_id(0x1d),
	    dtls_group_by_id(0x18) };
	struct dtls_offer offer = { random, NULL, 0, suites, 2, groups, 2,
	    true, false };
	uint8_t first[DTLS_BODY_MAX], second[DTLS_BODY_MAX];
	struct dtls_client_hello hello;
	size_t n, m;

	n = dtls_client_hello_write(first, &offer);
	is_int(n, unhex(second, sizeof(second), want),
	    "our ClientHello has no more than it must");
	is_mem(first, second, n, "and what is in it has an order");
	offer.cookie = cookie;
	offer.cookie_len = 255;
	m = dtls_client_hello_write(second, &offer);
	ok(m == n + 255 && memcmp(second, first, 35) == 0 &&
	    second[35] == 255 && memcmp(second + 36, cookie, 255) == 0 &&
	    memcmp(second + 36 + 255, first + 36, n - 36) == 0,
	    "with a cookie it differs in nothing else");
	ok(dtls_client_hello_parse(&hello, second, m) == 0 &&
	    hello.cookie_len == 255 && hello.n_groups == 2 &&
	    hello.renegotiation && !hello.scsv && hello.master &&
	    hello.has_cid && hello.cid_len == 0, "and can be read");
	offer.suites = suites + 1;
	offer.n_suites = 1;
	offer.cid = false;
	n = dtls_client_hello_write(first, &offer);
	ok(dtls_client_hello_parse(&hello, first, n) == 0 &&
	    !hello.has_groups && !hello.has_cid && hello.master,
	    "groups are offered for suites that need them, a cid if wanted");
}

/* Our ServerHello for what a recorded one says. */
static void
check_server_hello(const struct vector *v, const struct message *m)
{
	uint8_t ours[DTLS_BODY_MAX];
	struct dtls_server_hello hello;
	size_t n;

	memset(&hello, 0xff, sizeof(hello));
	ok(dtls_server_hello_parse(&hello, m->f.data, m->f.len) == 0 &&
	    hello.version == DTLS_1_2 && hello.suite == v->suite &&
	    hello.master && hello.has_cid == (v->cid.n > 0) &&
	    (!hello.has_cid || (hello.cid_len == v->cid.n &&
	    memcmp(hello.cid, v->cid.b, v->cid.n) == 0)),
	    "the ServerHello of: %s", v->name);
	if (v >= vectors_find("OpenSSL"))
		return;
	n = dtls_server_hello_write(ours, hello.random, v->suite,
	    hello.renegotiation, true, hello.has_cid ? hello.cid : NULL,
	    hello.cid_len, false);
	is_int(n, m->f.len, "ours would be as long");
	is_mem(ours, m->f.data, n, "and the very same");
}

static void
test_server_hello(void)
{
	struct dtls_server_hello hello;
	const struct message *m;
	struct messages all;
	size_t i, n, bad = 0;

	for (i = 0; i < VECTORS; i++) {
		messages_read(&all, &vectors[i]);
		m = messages_find(&all, DTLS_SERVER_HELLO);
		if (ok(m != NULL, "a ServerHello is there"))
			check_server_hello(&vectors[i], m);
	}
	memset(body, 0, sizeof(body));
	n = dtls_server_hello_write(body, body + 100, 0xc037, false, false,
	    NULL, 0, false);
	ok(n == 38 && dtls_server_hello_parse(&hello, body, n) == 0 &&
	    !hello.has_cid && !hello.master && !hello.renegotiation,
	    "a ServerHello may have no extensions");
	n = dtls_server_hello_write(body, body + 100, 0xc037, true, true,
	    body, 0, false);
	ok(dtls_server_hello_parse(&hello, body, n) == 0 && hello.has_cid &&
	    hello.cid_len == 0, "and an empty cid");
	for (i = 0; i < n; i++)
		if (dtls_server_hello_parse(&hello, body, i) !=
		    DTLS_DECODE_ERROR)
			bad += i == 38 ? 0 : 1;
	is_int(bad, 0, "one that is cut is malformed");
	is_int(dtls_server_hello_parse(&hello, body, n + 1),
	    DTLS_DECODE_ERROR, "nothing may follow it");
	body[37] = 1;
	is_int(dtls_server_hello_parse(&hello, body, n),
	    DTLS_ILLEGAL_PARAMETER, "compression is refused");
	body[37] = 0;
	body[34] = 33;
	memset(body + 35, 0, 60);
	is_int(dtls_server_hello_parse(&hello, body, 35 + 33 + 3),
	    DTLS_DECODE_ERROR, "a session has at most 32 bytes");
}

/* A ServerHello with that block of extensions. */
static int
parse_answer(const char *block)
{
	struct dtls_server_hello hello;
	size_t n;

	memset(body, 0, sizeof(body));
	n = 38 + unhex(body + 38, sizeof(body) - 38, block);
	return dtls_server_hello_parse(&hello, body, n);
}

static void
test_server_hello_extensions(void)
{
	is_int(parse_answer("0010 0017 0000 0023 0000 000b 0004 03000102"), 0,
	    "unknown extensions of a server are skipped");
	is_int(parse_answer("0008 0017 0000 0017 0000"), DTLS_DECODE_ERROR,
	    "none may come twice");
	is_int(parse_answer("0005 0017 0001 00"), DTLS_DECODE_ERROR,
	    "extended_master_secret must be empty");
	is_int(parse_answer("0006 ff01 0002 0100"), DTLS_HANDSHAKE_FAILURE,
	    "this is no renegotiation");
	is_int(parse_answer("0004 0016 0000"), DTLS_UNSUPPORTED_EXTENSION,
	    "encrypt_then_mac was never asked for");
	is_int(parse_answer("0004 0004 0000"), DTLS_UNSUPPORTED_EXTENSION,
	    "nor was truncated_hmac");
}

static void
test_verify(void)
{
	const uint8_t *cookie;
	const struct message *m;
	struct messages all;
	size_t i, n, bad = 0, found = 0;

	for (i = 0; i < VECTORS; i++) {
		messages_read(&all, &vectors[i]);
		m = messages_find(&all, DTLS_HELLO_VERIFY_REQUEST);
		if (m == NULL)
			continue;
		found++;
		ok(dtls_verify_parse(&cookie, &n, m->f.data, m->f.len) == 0 &&
		    n == m->f.len - 3 && cookie == m->f.data + 3,
		    "the HelloVerifyRequest of: %s", vectors[i].name);
	}
	is_int(found, 4, "of pion, OpenSSL and wolfSSL");
	n = dtls_verify_write(body, (const uint8_t *)"biscuit", 7);
	is_int(n, 10, "ours is as long as its cookie, and three bytes");
	is_mem(body, "\xfe\xff\7biscuit", 10, "and says DTLS 1.0");
	for (i = 0; i < 10; i++)
		if (dtls_verify_parse(&cookie, &n, body, i) !=
		    DTLS_DECODE_ERROR)
			bad++;
	is_int(bad, 0, "one that is cut is malformed");
	is_int(dtls_verify_parse(&cookie, &n, body, 11), DTLS_DECODE_ERROR,
	    "nothing may follow it");
	is_int(dtls_verify_parse(&cookie, &n, (const uint8_t *)"\xfe\xfd", 3),
	    0, "the cookie may be empty");
	is_int(n, 0, "and then has no bytes");
	is_int(dtls_verify_parse(&cookie, &n, (const uint8_t *)"\3\3", 3),
	    DTLS_PROTOCOL_VERSION, "what is no DTLS is refused");
}

static int
parse_server_kx(bool ecdhe, const char *hex, bool *bare)
{
	const struct dtls_group *group;
	const uint8_t *share;
	size_t n = unhex(body, sizeof(body), hex);

	return dtls_server_kx_parse(ecdhe, &group, &share, bare, body, n);
}

static void
test_server_kx(void)
{
	static const uint8_t share[DTLS_SHARE_MAX] = { 4, 5, 6 };
	const struct dtls_group *group;
	const uint8_t *found;
	const struct message *m;
	struct messages all;
	size_t i, n, at, bad, seen = 0;
	bool bare;

	for (i = 0; i < VECTORS; i++) {
		messages_read(&all, &vectors[i]);
		m = messages_find(&all, DTLS_SERVER_KEY_EXCHANGE);
		if (m == NULL)
			continue;
		seen++;
		ok(dtls_server_kx_parse(true, &group, &found, &bare,
		    m->f.data, m->f.len) == 0 && group != NULL &&
		    found + group->share == m->f.data + m->f.len &&
		    bare == (vectors_find("OpenSSL") > &vectors[i]),
		    "the ServerKeyExchange of: %s", vectors[i].name);
	}
	is_int(seen, 5, "of dtlspipe, OpenSSL and wolfSSL");
	for (i = 0; i < DTLS_GROUPS; i++) {
		n = dtls_server_kx_write(body, &dtls_groups[i], share);
		ok(n == 6u + dtls_groups[i].share && memcmp(body, "\0\0\3", 3)
		    == 0 && dtls_server_kx_parse(true, &group, &found, &bare,
		    body, n) == 0 && group == &dtls_groups[i] && !bare &&
		    found == body + 6, "%s: ours has an empty hint",
		    dtls_groups[i].name);
		ok(dtls_server_kx_parse(true, &group, &found, &bare, body + 2,
		    n - 2) == 0 && group == &dtls_groups[i] && bare &&
		    found == body + 6, "pion's has none");
		/* Both forms, too short and too long. */
		for (bad = 0, at = 0; at < n; at++)
			if (dtls_server_kx_parse(true, &group, &found, &bare,
			    body, at) != DTLS_DECODE_ERROR || (at >= 2 &&
			    dtls_server_kx_parse(true, &group, &found, &bare,
			    body + 2, at - 2) != DTLS_DECODE_ERROR))
				bad++;
		is_int(bad, 0, "neither may be cut");
		body[n] = 0;
		ok(dtls_server_kx_parse(true, &group, &found, &bare, body,
		    n + 1) == DTLS_DECODE_ERROR && dtls_server_kx_parse(true,
		    &group, &found, &bare, body + 2, n - 1) ==
		    DTLS_DECODE_ERROR, "nor longer than it says");
	}
}

static void
test_server_kx_hints(void)
{
	static const char share[] =
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	const struct dtls_group *group = &dtls_groups[0];
	const uint8_t *found = body;
	char hex[200];
	bool bare;

	snprintf(hex, sizeof(hex), "0008 68696e7468696e74 03001d20%s", share);
	ok(parse_server_kx(true, hex, &bare) == 0 && !bare,
	    "a hint of a server is skipped");
	is_int(parse_server_kx(true, "0000", &bare), DTLS_DECODE_ERROR,
	    "a hint alone is not enough where a share is needed");
	snprintf(hex, sizeof(hex), "0000 01001d20%s", share);
	is_int(parse_server_kx(true, hex, &bare), DTLS_ILLEGAL_PARAMETER,
	    "a curve without a name is refused");
	snprintf(hex, sizeof(hex), "0000 03001e20%s", share);
	is_int(parse_server_kx(true, hex, &bare), DTLS_ILLEGAL_PARAMETER,
	    "a group that we do not know is refused");
	snprintf(hex, sizeof(hex), "0000 03001720%s", share);
	is_int(parse_server_kx(true, hex, &bare), DTLS_ILLEGAL_PARAMETER,
	    "a share of the wrong length is refused");
	is_int(dtls_server_kx_parse(false, &group, &found, &bare,
	    (const uint8_t *)"\0\2ab", 4), 0, "the hint of a plain key is read");
	ok(group == NULL && found == NULL && !bare, "and gives nothing");
	is_int(parse_server_kx(false, "0000", &bare), 0, "it may be empty");
	is_int(parse_server_kx(false, "0002 61", &bare), DTLS_DECODE_ERROR,
	    "but not shorter than it says");
	is_int(parse_server_kx(false, "0002 616263", &bare),
	    DTLS_DECODE_ERROR, "nor longer");
	snprintf(hex, sizeof(hex), "03001d20%s", share);
	is_int(parse_server_kx(false, hex, &bare), DTLS_DECODE_ERROR,
	    "a share is no hint");
	is_int(parse_server_kx(false, "", &bare), DTLS_DECODE_ERROR,
	    "nor is nothing");
}

static void
test_client_kx(void)
{
	const uint8_t *name, *share;
	size_t name_len, share_len, i, n, bad = 0;
	const struct message *m;
	struct messages all;
	bool ecdhe;

	for (i = 0; i < VECTORS; i++) {
		messages_read(&all, &vectors[i]);
		m = messages_find(&all, DTLS_CLIENT_KEY_EXCHANGE);
		ecdhe = dtls_suite_by_id(vectors[i].suite)->ecdhe;
		ok(m != NULL && dtls_client_kx_parse(ecdhe, &name, &name_len,
		    &share, &share_len, m->f.data, m->f.len) == 0 &&
		    name_len == vectors[i].identity.n && memcmp(name,
		    vectors[i].identity.b, name_len) == 0 &&
		    (share_len > 0) == ecdhe && (share != NULL) == ecdhe,
		    "the ClientKeyExchange of: %s", vectors[i].name);
		n = dtls_client_kx_write(body, name, name_len, !ecdhe ? NULL :
		    share_len == 32 ? dtls_group_by_id(0x1d) :
		    dtls_group_by_id(0x17), share);
		ok(n == m->f.len && memcmp(body, m->f.data, n) == 0,
		    "ours would be the same");
	}
	n = dtls_client_kx_write(body, (const uint8_t *)"bob", 3,
	    dtls_group_by_id(0x1d), body + 100);
	for (i = 0; i < n; i++)
		if (dtls_client_kx_parse(true, &name, &name_len, &share,
		    &share_len, body, i) != DTLS_DECODE_ERROR ||
		    (i != 5 && dtls_client_kx_parse(false, &name, &name_len,
		    &share, &share_len, body, i) != DTLS_DECODE_ERROR))
			bad++;
	is_int(bad, 0, "one that is cut or has too much is malformed");
	is_int(dtls_client_kx_parse(true, &name, &name_len, &share,
	    &share_len, body, n + 1), DTLS_DECODE_ERROR,
	    "nothing may follow the share");
	is_int(dtls_client_kx_parse(true, &name, &name_len, &share,
	    &share_len, (const uint8_t *)"\0\0", 3), DTLS_DECODE_ERROR,
	    "the share may not be empty");
	memset(body, 'x', sizeof(body));
	put_be16(body, DTLS_IDENTITY_MAX);
	ok(dtls_client_kx_parse(false, &name, &name_len, &share, &share_len,
	    body, 2 + DTLS_IDENTITY_MAX) == 0 &&
	    name_len == DTLS_IDENTITY_MAX && share == NULL && share_len == 0,
	    "the longest identity is read");
	put_be16(body, DTLS_IDENTITY_MAX + 1);
	is_int(dtls_client_kx_parse(false, &name, &name_len, &share,
	    &share_len, body, 3 + DTLS_IDENTITY_MAX), DTLS_ILLEGAL_PARAMETER,
	    "a longer one is refused");
}

int
main(void)
{
	vectors_read();
	test_fragments();
	test_peers();
	test_client_hello();
	test_client_hello_lengths();
	test_client_hello_extensions();
	test_offer();
	test_server_hello();
	test_server_hello_extensions();
	test_verify();
	test_server_kx();
	test_server_kx_hints();
	test_client_kx();
	return done_testing();
}
