/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What fuzz targets check of plans: one that was printed and read again is the
 * same, and what makes none is a fault that can be shown.
 */

#ifndef PRINTED_H
#define PRINTED_H

#include "compat.h"

#include "base/fault.h"
#include "tunnel/plan_compare.h"

/* What must hold for a fault: it is the user's, in one printable line. */
static void
check_user_fault(const struct fault *f)
{
	const char *p;

	must(f->kind == FAULT_USER);
	must(memchr(f->text, '\0', sizeof(f->text)) != NULL);
	must(memchr(f->setting, '\0', sizeof(f->setting)) != NULL);
	must(f->text[0] != '\0');
	for (p = f->text; *p != '\0'; p++)
		must(*p >= ' ' && *p < 0x7f);
}

/* Closes a file after it has read what was printed to it; the text is the
 * caller's, and ends with a zero after its len bytes. */
static char *
read_back(FILE *f, size_t *len)
{
	long size = ftell(f);
	char *text;

	must(size >= 0);
	*len = (size_t)size;
	text = malloc(*len + 1);
	must(text != NULL);
	rewind(f);
	must(fread(text, 1, *len, f) == *len);
	text[*len] = '\0';
	fclose(f);
	return text;
}

/* Fails when anything but a secret differs. */
static void
check_difference(void *arg, const char *owner, const char *key)
{
	(void)arg;
	(void)owner;
	must(key != NULL && (strcmp(key, "psk") == 0 ||
	    strcmp(key, "prefix") == 0));
}

/* Compares a plan with what was read of its print, where secrets are not. */
static void
check_read(const struct plan *p, const struct plan *again)
{
	plan_compare(p, again, check_difference, NULL);
}

#endif
