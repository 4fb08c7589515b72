/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: PEM text as certificate chain, private key and trust anchors.
 * The room that pem_space_for() promises is enough, and less is no harm.
 */

#include "compat.h"

#include "base/log.h"
#include "wire/tls_pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads everything from the text with so much space. */
static void
read_all(const char *text, size_t len, size_t size, bool enough)
{
	struct pem_trouble trouble;
	struct pem_anchors anchors;
	struct pem_space space;
	struct pem_chain chain;
	struct pem_key key;
	bool have_chain;

	space.base = malloc(size + 1);
	if (space.base == NULL)
		return;
	space.size = size;
	space.used = 0;
	have_chain = pem_read_chain(&space, text, len, &chain, &trouble) == 0;
	must(have_chain == (trouble.error == PEM_OK));
	must(!enough || trouble.error != PEM_NO_SPACE);
	must(!have_chain || chain.num > 0);
	if (enough)
		space.used = have_chain ? space.used : 0;
	if (pem_read_key(&space, text, len, &key, &trouble) == 0 && have_chain)
		pem_key_fits(&key, &chain);
	must(pem_strerror(trouble.error) != NULL);
	space.used = 0;
	if (pem_read_anchors(&space, text, len, &anchors, &trouble) == 0)
		must(anchors.num > 0);
	else
		must(!enough || trouble.error != PEM_NO_SPACE);
	must(space.used <= space.size);
	pem_space_wipe(&space);
	free(space.base);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_all((const char *)data, size, pem_space_for(size), true);
	read_all((const char *)data, size, size / 2, false);
	return 0;
}
