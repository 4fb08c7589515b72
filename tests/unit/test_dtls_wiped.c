/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/dtls_record.h: keys of MACs, which BearSSL takes as copies, do not stay
 * on the stack when a record was sealed or opened.
 *
 * NOTES.  Records are sealed and opened by the handler of a signal, whose stack
 * is memory of this file and is searched afterwards, below the handler: above it
 * are the registers of what was interrupted.  BearSSL's SHA-256 leaves states on
 * the stack itself, depending on the compiler; the hash here is a simple one of
 * the same form, whose contexts have no state as it is.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tap.h"

#include <signal.h>

#include "base/bytes.h"
#include "base/log.h"
#include "wire/cpu.h"
#include "wire/dtls_record.h"
#include "wire/dtls_suite.h"

#ifdef SA_ONSTACK

enum {
	STACK = 256 * 1024,
	HEAD = 64,		/* room before the text */
	TEXT = 20,		/* so short that the MAC's first block is not
				 * complete before its end */
	SPACE = HEAD + TEXT + 64,
	BLOCK = 64,
	WORDS = 8,
	COVER = 0x5a,		/* in each byte of a state in a context */
};

static void plain_init(const br_hash_class **);
static void plain_update(const br_hash_class **, const void *, size_t);
static void plain_out(const br_hash_class *const *, void *);
static uint64_t plain_state(const br_hash_class *const *, void *);
static void plain_set_state(const br_hash_class **, const void *, uint64_t);

static br_hash_class plain_hash = {
	.init = plain_init, .update = plain_update, .out = plain_out,
	.state = plain_state, .set_state = plain_set_state,
};

static uint8_t stack[STACK];
static uintptr_t handled;	/* an address within the handler's frame */
static struct cpu cpu;
static struct dtls_half reader, writer;
static uint8_t record[SPACE];
static size_t record_len;
static long opened;
static bool is_crooked;		/* handlers have no aligned stack */

/* The ABI of i386 has the argument on the stack, at a multiple of 16. */
static void
on_probe(int number)
{
#ifdef __i386__
	is_crooked = (uintptr_t)&number % 16 != 0;
#else
	(void)number;
#endif
}

static void
on_seal(int number)
{
	uint8_t *p = record + HEAD;
	size_t len = TEXT;

	(void)number;
	handled = (uintptr_t)&len;
	must(dtls_seal(&writer, DTLS_APPLICATION, &p, &len) == 0);
	memmove(record, p, len);
	record_len = len;
}

static void
on_open(int number)
{
	struct dtls_record r;
	uint8_t type, *data;
	size_t len;

	(void)number;
	handled = (uintptr_t)&len;
	must(dtls_record_parse(&r, record, record_len, reader.cid_len) ==
	    record_len);
	opened = dtls_open(&reader, &r, &type, &data, &len) == 0 ? (long)len :
	    -1;
}

/* Runs a handler on the stack, which was filled with zeroes.  Compilers take
 * glibc's word that raise() calls nothing of this file, and may keep what
 * handlers change in registers: so it is called by a pointer. */
static void
run(void (*handler)(int))
{
	static int (*const volatile call)(int) = raise;
	struct sigaction action;

	memset(stack, 0, sizeof(stack));
	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = SA_ONSTACK;
	must(sigaction(SIGUSR1, &action, NULL) == 0);
	must(call(SIGUSR1) == 0);
}

/* --- The hash ----------------------------------------------------------- */

static void
plain_init(const br_hash_class **ctx)
{
	br_sha256_init((br_sha256_context *)(void *)ctx);
	*ctx = &plain_hash;
}

/* Each word takes in its neighbour and some of the block. */
static void
plain_block(br_sha256_context *c)
{
	const uint32_t cover = COVER * 0x01010101U;
	unsigned i;

	for (i = 0; i < BLOCK; i++)
		c->val[i % WORDS] = (((c->val[i % WORDS] ^ cover) +
		    (c->val[(i + 1) % WORDS] ^ cover)) * 33 + c->buf[i]) ^
		    cover;
}

static void
plain_update(const br_hash_class **ctx, const void *data, size_t n)
{
	br_sha256_context *c = (br_sha256_context *)(void *)ctx;
	const uint8_t *p = data;

	for (; n > 0; n--) {
		c->buf[c->count++ % BLOCK] = *p++;
		if (c->count % BLOCK == 0)
			plain_block(c);
	}
}

static uint64_t
plain_state(const br_hash_class *const *ctx, void *state)
{
	const br_sha256_context *c = (const br_sha256_context *)(const void *)
	    ctx;
	uint8_t *p = state;
	unsigned i;

	for (i = 0; i < 4 * WORDS; i++)
		p[i] = (uint8_t)(c->val[i / 4] >> (24 - 8 * (i % 4))) ^ COVER;
	return c->count;
}

static void
plain_set_state(const br_hash_class **ctx, const void *state, uint64_t count)
{
	br_sha256_context *c = (br_sha256_context *)(void *)ctx;
	const uint8_t *p = state;
	unsigned i;

	for (i = 0; i < 4 * WORDS; i++)
		c->val[i / 4] = c->val[i / 4] << 8 | (p[i] ^ COVER);
	c->count = count;
}

static void
plain_out(const br_hash_class *const *ctx, void *to)
{
	static const uint8_t pad[BLOCK] = { 0x80 };
	static br_sha256_context c;
	uint8_t bits[8];

	c = *(const br_sha256_context *)(const void *)ctx;
	put_be64(bits, c.count << 3);
	plain_update(&c.vtable, pad, 1 + (BLOCK + 55 - c.count % BLOCK) % BLOCK);
	plain_update(&c.vtable, bits, sizeof(bits));
	(void)plain_state(&c.vtable, to);
}

/* --- Tests -------------------------------------------------------------- */

/* Is that on the stack? */
static bool
is_left(const void *bytes, size_t n)
{
	size_t used = handled - (uintptr_t)stack;
	size_t i;

	must(used < sizeof(stack));
	for (i = 0; i + n <= used; i++)
		if (memcmp(stack + i, bytes, n) == 0)
			return true;
	return false;
}

/* How many of the key's two states are on the stack? */
static unsigned
keys_left(const struct dtls_hmac *hmac)
{
	return is_left(hmac->inner, 4 * WORDS) +
	    is_left(hmac->outer, 4 * WORDS);
}

/* Both sides, with that MAC, and a cid if there is a length of it. */
static void
begin(enum dtls_cbc_mac mac, uint8_t cid_len)
{
	static const uint8_t key[16] = "the records' key", iv[16] = "";
	static const uint8_t secret[32] = "the key of the records' MACs";
	const struct dtls_suite *suite = dtls_suite_by_id(0xc037);
	struct random random;

	random_init_fixed(&random, "wiped", 5);
	memset(&reader, 0, sizeof(reader));
	memset(&writer, 0, sizeof(writer));
	dtls_half_init(&reader, &cpu, suite, false, key, secret, iv, NULL);
	dtls_half_init(&writer, &cpu, suite, true, key, secret, iv, &random);
	reader.cid_len = writer.cid_len = cid_len;
	writer.cbc_mac = mac;
}

/* The dynamic linker, which is called with the first call of each function of a
 * library, may leave all registers on the stack: those calls are made here. */
static void
bind_all(void)
{
	begin(DTLS_MAC_AUTO, 0);
	run(on_seal);
	run(on_open);
	must(opened == TEXT);
	record[record_len - 1] ^= 1;
	run(on_open);
	must(opened == -1);
}

static void
test_cbc(const char *what, enum dtls_cbc_mac mac, uint8_t cid_len)
{
	begin(mac, cid_len);
	run(on_seal);
	is_int(keys_left(&writer.mac.hmac), 0, "%s: sealing leaves no key of "
	    "the MAC", what);
	run(on_open);
	is_int(opened, TEXT, "%s: the record is good", what);
	is_int(keys_left(&reader.mac.hmac), 0, "%s: nor does opening", what);
	record[record_len - 1] ^= 1;
	run(on_open);
	is_int(opened, -1, "%s: a changed one is not", what);
	is_int(keys_left(&reader.mac.hmac), 0, "%s: refusing leaves none",
	    what);
}

int
main(void)
{
	stack_t at, before;

	memset(&at, 0, sizeof(at));
	at.ss_sp = stack;
	at.ss_size = sizeof(stack);
	must(sigaltstack(&at, &before) == 0);
	run(on_probe);
	if (is_crooked) {
		ok(true, "# SKIP this emulator does not align the stack of "
		    "signals (qemu-user for i386)");
		return done_testing();
	}
	cpu_detect(&cpu);
	plain_hash.context_size = br_sha256_vtable.context_size;
	plain_hash.desc = br_sha256_vtable.desc;
	cpu.sha256 = &plain_hash;
	bind_all();
	test_cbc("CBC", DTLS_MAC_AUTO, 0);
	test_cbc("CBC with a cid", DTLS_MAC_RFC, 8);
	test_cbc("CBC with a cid, pion's MAC", DTLS_MAC_PION, 8);
	/* A sanitizer's, which it frees at the end. */
	must(sigaltstack(&before, NULL) == 0);
	return done_testing();
}

#else

int
main(void)
{
	ok(true, "# SKIP signals have no stack of their own here");
	return done_testing();
}

#endif
