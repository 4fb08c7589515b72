/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: PEM text as a file of trust anchors that is indexed.  The index
 * has what a list of the same text has, and finds it.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "net/anchors.h"
#include "wire/tls_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct anchors many;
static union {
	void *aligned;
	uint8_t bytes[VERIFY_CERT_MAX];
} memory;

/* Indexes the text; whether it could be. */
static bool
index_text(const uint8_t *data, size_t size)
{
	static const uint8_t seed[TABLE_SEED] = { 1 };
	struct pem_trouble trouble;
	const char *why;
	FILE *f = tmpfile();

	must(f != NULL && fwrite(data, 1, size, f) == size);
	rewind(f);
	setvbuf(f, NULL, _IONBF, 0);
	if (anchors_open(&many, f, seed, &trouble, &why) == 0)
		return true;
	must(why == NULL && trouble.error != PEM_OK);
	must(many.file == NULL);
	return false;
}

/* Looks for an anchor of the list in the index. */
static void
find(const br_x500_name *a)
{
	struct slice name = { a->data, a->len };
	struct pem_space room = { memory.bytes, sizeof(memory.bytes), 0 };
	struct slice out[VERIFY_ANCHORS_MAX];
	struct cert c;
	int i, n;

	n = anchors_find(&many.pem, name, name, &room, out,
	    VERIFY_ANCHORS_MAX);
	must(n > 0);
	for (i = 0; i < n; i++)
		must(cert_read(&c, out[i].data, out[i].len) == 0 &&
		    slice_is(c.subject, name.data, name.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pem_trouble trouble;
	struct pem_space space = { NULL, pem_space_for(size), 0 };
	struct pem_anchors list;
	bool indexed, listed;
	size_t i;

	space.base = malloc(space.size);
	if (space.base == NULL)
		return 0;
	listed = pem_read_anchors(&space, (const char *)data, size, &list,
	    &trouble) == 0;
	indexed = index_text(data, size);
	/* Both differ in blanks around a byte order mark, and the index wants
	 * shorter blocks. */
	if (size > 0 && size < ANCHORS_BLOCK_MAX && data[0] >= '!' &&
	    data[0] < 0x80) {
		must(indexed == listed);
		must(!indexed || (many.pem.num == list.num &&
		    many.pem.skipped == list.skipped));
		/* Larger ones may be too large for the room. */
		for (i = 0; indexed && size <= 4096 && i < list.num; i++)
			find(&list.names[i]);
	}
	if (indexed)
		anchors_close(&many);
	free(space.base);
	return 0;
}
