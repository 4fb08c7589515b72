/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: the status as JSON, which `adit status` reads.  What is read is
 * written as a table, in which is nothing but printable ASCII, and as JSON,
 * which reads the same.
 *
 * NOTES.  A build without CONTROL leaves this out.
 */

#include "compat.h"

#include "base/json_out.h"
#include "base/log.h"
#include "daemon/status_json.h"
#include "daemon/status_read.h"
#include "daemon/status_table.h"

enum { WHOLE = 4 << 20 };	/* bytes of a document that is written */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes a line of the table. */
static void
check_line(void *arg, const char *line)
{
	(void)arg;
	must(strlen(line) < STATUS_TABLE_LINE);
	for (; *line != '\0'; line++)
		must(*line >= ' ' && *line < 0x7f);
}

static void
check_table(const struct status_read *s)
{
	struct status_table table = {
		check_line, NULL, false, s->process.now_s
	};
	size_t i, k;

	status_table_process(&table, &s->process);
	for (i = 0; i < s->n; i++) {
		status_table_tunnel(&table, &s->tunnels[i].tunnel, NULL);
		for (k = 0; k < s->tunnels[i].n; k++)
			status_table_peer(&table, &s->tunnels[i].peers[k],
			    NULL);
	}
}

/* Writes a document; returns its bytes, or 0: it is too long for this test. */
static size_t
write_document(const struct status_read *s, char *out)
{
	struct json_out o;
	struct text t;
	size_t i, k;

	text_init(&t, out, WHOLE);
	json_out_init(&o, &t);
	status_json_add_head(&o, &s->process);
	for (i = 0; i < s->n; i++) {
		status_json_add_tunnel(&o, &s->tunnels[i].tunnel,
		    s->process.now_s);
		for (k = 0; k < s->tunnels[i].n; k++)
			status_json_add_peer(&o, &s->tunnels[i].peers[k]);
		json_out_close(&o, ']');
		json_out_null(&o, "peers_next");
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	return t.room <= 1 ? 0 : (size_t)(t.at - out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct status_read s = { .n = 0 }, again = { .n = 0 };
	char *first = malloc(WHOLE), *second = malloc(WHOLE);
	size_t n;

	must(first != NULL && second != NULL);
	if (status_read_all(&s, (const char *)data, size) == 0) {
		check_table(&s);
		n = write_document(&s, first);
		if (n > 0) {
			must(status_read_all(&again, first, n) == 0);
			must(write_document(&again, second) == n);
			must(memcmp(first, second, n) == 0);
		}
	} else {
		must(*s.why != '\0');
	}
	status_read_free(&s);
	status_read_free(&again);
	free(first);
	free(second);
	return 0;
}
