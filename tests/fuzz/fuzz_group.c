/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: groups of endpoints.  The first byte chooses the generator, the
 * rest is the text.  What is read must come back the same when it is written
 * and read again, and what is picked must be an endpoint that is written so.
 */

#include "compat.h"

#include "base/addrgroup.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT = 128 * 1024 };	/* holds the text of any group */

/* Bytes that are all the same, or in a long row. */
static void
draw(void *arg, void *bytes, size_t n)
{
	uint32_t *state = arg;
	uint8_t *p = bytes;

	for (; n > 0; n--) {
		if (*state > 1)
			*state = (*state * 1664525 + 1013904223) | 2;
		*p++ = *state > 1 ? (uint8_t)(*state >> 24) :
		    (uint8_t)-(int)*state;
	}
}

/* Picks an endpoint while none has failed. */
static void
pick_any(const struct addrgroup *g, group_random_fn *fn, void *arg,
    struct endpoint *picked)
{
	struct group_failed none = { 0 };

	(void)group_pick_other(g, &none, 0, fn, arg, picked);
}

/* What is picked can be written, and is remembered when it fails. */
static void
check_picks(const struct addrgroup *g, uint32_t state)
{
	struct group_failed failed = { 0 };
	char text[HOST_TEXT + 16];
	struct addrgroup *single;
	struct hostport hp, again;
	struct endpoint e, f;
	char why[GROUP_WHY];
	const char *w;
	unsigned i, j;
	bool other;

	for (i = 0; i < GROUP_FAILED + 2; i++) {
		other = group_pick_other(g, &failed, i, draw, &state, &e);
		for (j = 0; j < failed.n && !(endpoint_same(&e,
		    &failed.endpoint[j])); j++)
			;
		must(other == (j == failed.n));
		/* None is left only when all are known to have failed. */
		must(other || group_count(g) <= failed.n * g->n_terms);
		must(other || j == 0);
		endpoint_hostport(&e, &hp);
		must(hp.port == e.addr.port);
		must(hostport_parse(&again, hostport_text(&hp, text), 0,
		    &w) == 0);
		must(strcmp(hp.host, again.host) == 0 &&
		    hp.port == again.port);
		must(group_parse(&single, text, why) == 0);
		must(group_is_single(single));
		pick_any(single, NULL, NULL, &f);
		must(endpoint_same(&e, &f));
		group_free(single);
		group_fail(&failed, &e, i);
	}
	must(group_recover(&failed, &e) && !group_recover(&failed, &e));
}

/* A group that was read. */
static void
check_group(const struct addrgroup *g, uint32_t state)
{
	static char text[TEXT], again[TEXT];
	char why[GROUP_WHY], small[16];
	struct addrgroup *copy;
	size_t len;

	must(g->n_groups > 0 && g->n_groups <= GROUP_GROUPS);
	must(g->n_terms >= g->n_groups && g->n_terms <= GROUP_TERMS);
	must(group_count(g) >= g->n_terms);
	group_text(g, text, sizeof(text));
	must(group_parse(&copy, text, why) == 0);
	must(strcmp(text, group_text(copy, again, sizeof(again))) == 0);
	must(group_count(copy) == group_count(g));
	must(copy->n_terms == g->n_terms && copy->n_groups == g->n_groups);
	group_free(copy);
	must(strlen(group_text(g, small, sizeof(small))) < sizeof(small));
	len = strlen(text);
	memcpy(text + len, ",a={b}", 7);
	must(group_spec_end(text) == text + len);
	check_picks(g, state);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), why[GROUP_WHY];
	struct addrgroup *g;
	uint32_t state;
	size_t n;

	if (text == NULL)
		return 0;
	state = size > 0 ? data[0] : 0;
	if (size > 0)
		memcpy(text, data + 1, size - 1);
	text[size > 0 ? size - 1 : 0] = '\0';
	must(*group_spec_end(text) == '\0' || *group_spec_end(text) == ',');
	why[0] = '\0';
	if (group_parse(&g, text, why) == 0) {
		must(group_spec_end(text) == text + strlen(text));
		check_group(g, state);
	} else {
		must(g == NULL && why[0] != '\0');
		must(strlen(why) < sizeof(why));
	}
	/* As the second group, if it is one. */
	n = g != NULL ? g->n_terms : 0;
	why[0] = '\0';
	if (group_add(&g, text, why) == 0)
		check_group(g, state);
	else
		must(why[0] != '\0' && (g == NULL || g->n_terms == n));
	group_free(g);
	free(text);
	return 0;
}
