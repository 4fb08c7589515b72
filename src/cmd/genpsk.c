/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit genpsk: a line for a file of pre-shared keys.
 */

#include "compat.h"

#include "cmd/genpsk.h"

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/log.h"
#include "wire/dtls.h"

struct genpsk {
	int64_t length;		/* bytes of the key */
};

static const struct opt rows[] = {
	{ .name = OPT_WORDS("length", "16", "BYTES", HELP("length of the key")),
	  .letter = 'l', .type = OPT_INT, .at = offsetof(struct genpsk, length),
	  .of.range = { 16, 64 } },
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
genpsk_help(FILE *out)
{
	fprintf(out, "usage: %sgenpsk [OPTIONS] [IDENTITY]\n"
	    HELP("Prints a random key, as a line for a file of keys "
	    "(psk-file):\n"
	    "IDENTITY:HEXKEY, or HEXKEY for every identity without a line.\n"),
	    cmd_prefix);
	opt_help(rows, out);
}

/* Can a line of a key file begin with that identity? */
static bool
genpsk_can_name(const char *identity)
{
	const unsigned char *p = (const unsigned char *)identity;
	size_t n = strlen(identity);

	if (n > DTLS_IDENTITY_MAX || *p == '#' || *p == ' ' ||
	    (n > 0 && p[n - 1] == ' '))
		return false;
	for (; *p != '\0'; p++)
		if (*p < ' ' || *p == 0x7f)
			return false;
	return true;
}

void
genpsk_print(size_t n)
{
	struct random random;
	uint8_t byte;

	if (random_init(&random) != 0)
		die_system("the system has no source of random numbers");
	while (n-- > 0) {
		random_bytes(&random, &byte, 1);
		printf("%02x", byte);
	}
	putchar('\n');
	explicit_bzero(&random, sizeof(random));
	if (fflush(stdout) != 0)
		die_system("cannot write the key");
}

static int
genpsk_main(int argc, char **argv)
{
	struct genpsk g = { 0 };
	struct opt_error error;
	const char *identity;
	int n;

	log_set_name("genpsk");
	opt_presets(rows, &g);
	switch (opt_args(rows, &g, argc, argv, &identity, 1, &n, &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		genpsk_help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		run_usage(&cmd_genpsk, error.text);
	}
	if (n == 1 && !genpsk_can_name(identity))
		run_usage(&cmd_genpsk, "the identity must have at most 128 "
		    "characters and no control characters, must not begin or "
		    "end with a space, and must not begin with #");
	if (n == 1)
		printf("%s:", identity);
	genpsk_print((size_t)g.length);
	return 0;
}

const struct cmd cmd_genpsk = {
	"genpsk", genpsk_main, "make a key for DTLS", genpsk_help,
	rows, NULL
};
