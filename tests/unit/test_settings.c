/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The rows of the settings: every end has its own, and each makes sense.
 *
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include "net/tun.h"
#include "tunnel/ends.h"
#include "tunnel/settings.h"

#include "tap.h"

/* Bytes of the member that a row of that type points at. */
static size_t
member_size(enum opt_type type)
{
	switch (type) {
	case OPT_ON:
	case OPT_OFF:
	case OPT_BOOL:
		return sizeof(bool);
	case OPT_INT:
	case OPT_MS:
	case OPT_BYTES:
	case OPT_CHOICE:
		return sizeof(int64_t);
	case OPT_TEXT:
	case OPT_WORD:
		return sizeof(char *);
	case OPT_OTHER:
	case OPT_HELP:
	case OPT_VERSION:
		break;
	}
	return 0;
}

/* Has the row a range? */
static bool
has_range(const struct opt *row)
{
	return row->type == OPT_INT || row->type == OPT_MS ||
	    row->type == OPT_BYTES;
}

/* Does the value of the row in base lie in its range? */
static bool
in_range(const struct opt *row, const void *base)
{
	int64_t value;

	if (!has_range(row))
		return true;
	memcpy(&value, (const char *)base + row->at, sizeof(value));
	return opt_default(row) == NULL ||
	    (row->of.range.min == 0 && row->of.range.max == 0) ||
	    (value >= row->of.range.min && value <= row->of.range.max);
}

/* Is the word one that a user types without quoting? */
static bool
is_name(const char *name)
{
	return *name != '\0' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
	    strlen(name);
}

/* Checks a table. */
static void
test_rows(const char *what, const struct opt *rows, size_t size)
{
	unsigned i, j, bad = 0, twice = 0, silent = 0, mute = 0;
	struct opt_error error;
	union {
		struct settings one;
		struct tunnel_settings tunnel;
	} base;

	for (i = 0; rows[i].name != NULL; i++) {
		memset(&base, 0, sizeof(base));
		bad += !is_name(rows[i].name);
		bad += rows[i].at + member_size(rows[i].type) > size;
		bad += opt_default(&rows[i]) != NULL && opt_set(rows, &base,
		    rows[i].name, opt_default(&rows[i]), &error) != 0;
		bad += !in_range(&rows[i], &base);
		bad += has_range(&rows[i]) &&
		    rows[i].of.range.min > (int64_t)rows[i].of.range.max;
		mute += rows[i].type == OPT_OTHER &&
		    rows[i].of.other->show == NULL;
		silent += opt_about(&rows[i]) == NULL ||
		    strlen(opt_about(&rows[i])) > 79;
		for (j = 0; j < i; j++)
			twice += strcmp(rows[i].name, rows[j].name) == 0 ||
			    rows[i].at == rows[j].at;
	}
	ok(i > 0, "%s: has rows", what);
	is_int(bad, 0, "%s: each preset parses and lies in its range", what);
	is_int(twice, 0, "%s: no name and no member comes twice", what);
	is_int(silent, 0, "%s: each has a line of help", what);
	is_int(mute, 0, "%s: each can show its value", what);
}

/* Ends that share a member call it alike. */
static void
test_rows_agree(void)
{
	const struct opt *a, *b;
	unsigned i, j, bad = 0;

	for (i = 0; end_list[i] != NULL; i++)
		for (j = 0; end_list[j] != NULL; j++)
			for (a = end_list[i]->options; a->name != NULL; a++)
				for (b = end_list[j]->options;
				    b->name != NULL; b++)
					bad += a->at == b->at &&
					    (strcmp(a->name, b->name) != 0 ||
					    a->type != b->type ||
					    (has_range(a) &&
					    memcmp(&a->of.range, &b->of.range,
					    sizeof(a->of.range)) != 0));
	is_int(bad, 0, "ends that share a setting have the same name and "
	    "range for it");
}

/* The privileged process opens the files that rows are marked for, after the
 * daemon has given up its rights: a row without the mark would fail there only.
 * A new word for an argument has to be added here, or be FILE. */
static void
test_file_rows(void)
{
	static const char *const others[] = {
		"HEX", "NAME", "LIST", "URL", "TEXT", "FOLDER", NULL
	};
	const struct opt *row;
	unsigned i, j, bad = 0, files = 0;
	bool other;

	for (i = 0; end_list[i] != NULL; i++)
		for (row = end_list[i]->options; row->name != NULL; row++) {
			other = row->type != OPT_TEXT;
			for (j = 0; others[j] != NULL && !other; j++)
				other = strcmp(opt_arg(row), others[j]) == 0;
			files += row->file;
			if (row->file != other)
				continue;
			bad++;
			printf("# %s: %s\n", end_list[i]->name, row->name);
		}
	is_int(bad, 0, "rows of files are marked as such, and no others");
	ok(files > 0 || end_find("tls") == NULL, "there are some");
}

static void
test_ends(void)
{
	unsigned i, j, bad = 0, sides[2] = { 0, 0 };

	for (i = 0; end_list[i] != NULL; i++) {
		test_rows(end_list[i]->name, end_list[i]->options,
		    sizeof(struct settings));
		sides[end_list[i]->side]++;
		bad += !is_name(end_list[i]->name);
		bad += end_list[i]->brief == NULL;
		bad += end_list[i]->end_size < sizeof(struct end);
		bad += end_list[i]->leg_size < sizeof(struct leg);
		bad += end_list[i]->start == NULL || end_list[i]->send == NULL;
		bad += end_list[i]->close == NULL || end_list[i]->stop == NULL;
		bad += end_list[i]->room == NULL;
		bad += (end_list[i]->open != NULL) !=
		    (end_list[i]->side == RIGHT);
		bad += end_find_side(end_list[i]->name,
		    end_list[i]->side) != end_list[i];
		for (j = 0; j < i; j++)
			bad += end_list[i]->side == end_list[j]->side &&
			    strcmp(end_list[i]->name,
			    end_list[j]->name) == 0;
	}
	is_int(bad, 0, "each end has a name, a side and its functions");
	ok(sides[LEFT] > 0 && sides[RIGHT] > 0, "there are ends for both "
	    "sides");
	ok(end_find("no-such") == NULL, "and none of another name");
	is_int(SETTINGS_ADDRESSES, TUN_ADDRESSES, "a device has as many "
	    "addresses as the settings");
}

/* What the wire page promises. */
static void
test_promises(void)
{
	struct settings s;
	struct tunnel_settings t;

	memset(&s, 0, sizeof(s));
	memset(&t, 0, sizeof(t));
	opt_presets(settings_tunnel, &t);
	opt_presets(settings_tcp, &s);
	opt_presets(settings_tcp_listen, &s);
	is_int(t.idle_ms, 120000, "a flow expires after 120 s");
	is_int(t.stale, STALE_BOTH, "of silence of both sides");
	is_int(s.pool, 8, "a pool has 8 connections");
	is_int(s.timeout_ms, 4000, "an attempt may take 4 s");
	is_int(s.backoff_ms, 5000, "the back-off is 5 s");
	is_int(s.grace_ms, 15000, "a session outlives its connections by 15 s");
	is_int(s.identify_ms, 10000, "the identifier may take 10 s");
	is_int(s.mark, -1, "no mark is set");
}

/* The MSS of a carrier. */
static void
test_tcp_mss(void)
{
	static const char *const bad[] = { "87", "32768", "-1", "1000x", "" };
	static const char *const good[] = { "0", "88", "1360", "32767" };
	const struct opt *row;
	unsigned i, n = 0, most = 6;
	int64_t mss;

	/* A build without TLS has two ends less. */
	for (i = 0; end_list[i] != NULL; i++)
		most += strncmp(end_list[i]->name, "tls", 3) == 0;
	for (i = 0; end_list[i] != NULL; i++)
		for (row = end_list[i]->options; row->name != NULL; row++)
			n += row->at == offsetof(struct settings, tcp_mss) &&
			    strcmp(row->name, "mss") == 0;
	is_int(n, most, "each end over TCP has an MSS");
	for (row = settings_tcp; strcmp(row->name, "mss") != 0; row++)
		;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(row->of.other->set(&mss, bad[i]) != NULL,
		    "an MSS of \"%s\" is refused", bad[i]);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok(row->of.other->set(&mss, good[i]) == NULL &&
		    mss == atoi(good[i]), "one of %s is taken", good[i]);
}

int
main(void)
{
	test_tcp_mss();
	test_ends();
	test_rows("tunnel", settings_tunnel, sizeof(struct tunnel_settings));
	test_rows_agree();
	test_file_rows();
	test_promises();
	return done_testing();
}
