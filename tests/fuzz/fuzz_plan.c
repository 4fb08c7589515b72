/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: plans.  The input is lines: the first is the spec of the left
 * end, the second that of the right one, each other a line of settings.  What
 * makes a plan is the same plan when it was printed and read again.
 */

#include "compat.h"

#include "base/log.h"
#include "tunnel/plan_print.h"

#include "printed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Prints the plan and reads it again. */
static void
check_print(const struct plan *p)
{
	struct fault fault;
	struct plan again;
	char *line, *next;
	size_t len;
	FILE *f = tmpfile();

	must(plan_compare(p, p, NULL, NULL) == 0);
	if (f == NULL)
		return;
	plan_print(p, f);
	line = next = read_back(f, &len);
	must(len > 0);
	plan_init(&again);
	while (*next != '\0') {
		char *end = next + strcspn(next, "\n");

		must(*end == '\n');
		*end = '\0';
		must(plan_read_line(&again, next, &fault) == 0);
		next = end + 1;
	}
	free(line);
	must(plan_finish(&again, &fault) == 0);
	check_read(p, &again);
	plan_free(&again);
}

/* Reads a line of the input as what it is by its number. */
static int
read_line(struct plan *p, unsigned number, const char *line,
    struct fault *fault)
{
	if (number == LEFT || number == RIGHT)
		return plan_read_spec(p, (enum side)number, line, fault);
	return plan_read_line(p, line, fault);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned number = 0;
	struct fault fault;
	char *text, *line, *next;
	struct plan p;

	text = malloc(size + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	plan_init(&p);
	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (read_line(&p, number++, line, &fault) != 0)
			check_user_fault(&fault);
	}
	memset(text, 'x', size);
	if (plan_finish(&p, &fault) != 0)
		check_user_fault(&fault);
	else
		check_print(&p);
	if (p.end[LEFT].address != NULL && p.end[RIGHT].address != NULL &&
	    plan_check(&p, &fault) != 0)
		check_user_fault(&fault);
	plan_free(&p);
	free(text);
	return 0;
}
