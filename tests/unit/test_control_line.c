/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Requests on the control socket: words of any bytes, and what is refused.
 */

#include "compat.h"

#include "base/text.h"
#include "daemon/control_line.h"

#include "tap.h"

static struct control_line line;
static char space[CONTROL_LINE + 1];
static const char *why;

static int
parse_n(const char *text, size_t n)
{
	memcpy(space, text, n);
	why = NULL;
	return control_line_read(&line, space, n, &why);
}

static int
parse(const char *text)
{
	return parse_n(text, strlen(text));
}

static void
test_good(void)
{
	struct text t;
	char buf[64];

	is_int(parse("status"), 0, "a request without words");
	is_int(line.verb, CONTROL_STATUS, "has its verb");
	ok(line.first == NULL && line.second == NULL, "and no words");
	is_int(parse("  peers  home\t12 \r"), 0, "blanks do not matter");
	is_str(line.first, "home", "the first word");
	is_str(line.second, "12", "the second word");
	is_int(parse("drop a%20b %ff%25"), 0, "bytes by their number");
	is_str(line.first, "a b", "a blank");
	is_str(line.second, "\xff%", "and others");
	text_init(&t, buf, sizeof(buf));
	text_add(&t, "drop");
	control_line_add(&t, "home");
	control_line_add(&t, "a b\n%\xff");
	is_int(parse(buf), 0, "what was written is read");
	is_str(line.second, "a b\n%\xff", "as it was");
	ok(control_verb_is_command(CONTROL_DROP), "dropping changes something");
	ok(!control_verb_is_command(CONTROL_PEERS), "peers does not");
}

static void
test_wrong(void)
{
	static const char *const texts[] = {
		"", "   ", "stat", "STATUS", "status a b", "peers a",
		"peers a 1 2", "peers a 1 2 3 4 5", "drop", "loglevel",
		"drop %", "drop %4", "drop %4g", "drop %00", "drop a%",
		"reconnect a b",
	};
	unsigned i, taken = 0, silent = 0;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		taken += parse(texts[i]) == 0;
		silent += why == NULL;
	}
	is_int(taken, 0, "what is no request is refused");
	is_int(silent, 0, "and why is said");
	is_int(parse_n("status\0", 7), -1, "a NUL is refused");
}

int
main(void)
{
	test_good();
	test_wrong();
	return done_testing();
}
