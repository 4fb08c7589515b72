/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: requests on the control socket.  The words of one that is read
 * are inside the line, and read the same when they are written again.
 *
 * NOTES.  A build without CONTROL leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/control_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const verbs[] = {
		"status", "peers", "reload", "reconnect", "drop", "loglevel"
	};
	char again[3 * CONTROL_LINE + 32];
	struct control_line line, copy;
	const char *why = NULL;
	char *space;
	struct text t;

	if (size >= CONTROL_LINE)
		return 0;
	/* Of just its size, so that reads past the end are found. */
	space = malloc(size + 1);
	must(space != NULL);
	if (size > 0)
		memcpy(space, data, size);
	if (control_line_read(&line, space, size, &why) != 0) {
		must(why != NULL);
		free(space);
		return 0;
	}
	must(line.first != NULL || line.second == NULL);
	text_init(&t, again, sizeof(again));
	text_add(&t, "%s", verbs[line.verb]);
	if (line.first != NULL)
		control_line_add(&t, line.first);
	if (line.second != NULL)
		control_line_add(&t, line.second);
	must(control_line_read(&copy, again, strlen(again), &why) == 0);
	must(copy.verb == line.verb);
	must((copy.first == NULL) == (line.first == NULL));
	must((copy.second == NULL) == (line.second == NULL));
	must(line.first == NULL || strcmp(copy.first, line.first) == 0);
	must(line.second == NULL || strcmp(copy.second, line.second) == 0);
	free(space);
	return 0;
}
