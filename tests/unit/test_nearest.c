/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/nearest.h: which word was meant.
 */

#include "compat.h"

#include <string.h>

#include "base/nearest.h"
#include "tap.h"

/* The word that is found for what was typed; "" for none. */
static const char *
meant(const char *typed)
{
	static const char *const words[] = {
		"tunnel", "uotp-server", "uotp-client", "uott", "udptun",
		"udptunnel", "echo", "ping", "help", NULL
	};
	struct nearest nearest;
	unsigned i;

	nearest_begin(&nearest, typed, strlen(typed));
	for (i = 0; words[i] != NULL; i++)
		nearest_try(&nearest, words[i]);
	return nearest.best == NULL ? "" : nearest.best;
}

int
main(void)
{
	char long_word[100];

	is_str(meant("tunel"), "tunnel", "a letter is missing");
	is_str(meant("pingg"), "ping", "one too many");
	is_str(meant("ecoh"), "echo", "two are swapped");
	is_str(meant("halp"), "help", "one is wrong");
	is_str(meant("uotp-sevrer"), "uotp-server", "in a long word");
	is_str(meant("uotp-c"), "uotp-client", "an abbreviation");
	is_str(meant("frobnicate"), "", "nothing is near");
	is_str(meant("x"), "", "nor to one letter");
	is_str(meant(""), "", "nor to nothing");
	memset(long_word, 'a', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	is_str(meant(long_word), "", "a very long word");
	return done_testing();
}
