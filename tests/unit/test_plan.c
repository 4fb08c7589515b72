/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Plans: their memory, comparing, printing and reading again, over every kind
 * of end and every row; and what is wrong with one.
 *
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include "base/addrgroup.h"
#include "base/fault.h"
#include "tunnel/plan_compare.h"
#include "tunnel/plan_print.h"
#include "tunnel/tunnel.h"

#include "tap.h"

#define PATH "test_plan.tmp"

enum { LINE = 700 };		/* holds a line of a printed plan */

static struct fault fault;

/* An address that an end of that kind takes. */
static const char *
address_for(const struct end_ops *kind)
{
	return kind->device ? "adit0" : "192.0.2.1:443";
}

/* A kind for the other side, of those that are not compared. */
static const struct end_ops *
partner_of(const struct end_ops *kind)
{
	return end_find_side(kind->side == LEFT ? "udp" : "udp-listen",
	    kind->side == LEFT ? RIGHT : LEFT);
}

/* A plan with that end, and a plain one on the other side. */
static void
plan_make(struct plan *p, const struct end_ops *kind)
{
	const struct end_ops *other = partner_of(kind);

	plan_init(p);
	plan_set_kind(p, kind->side, kind);
	plan_set_kind(p, other->side, other);
	must(plan_set_address(p, kind->side, address_for(kind), &fault) == 0);
	must(plan_set_address(p, other->side, address_for(other), &fault) ==
	    0);
	must(plan_finish(p, &fault) == 0);
}

/* A value that is not the preset of a row. */
static const char *
changed_value(const struct opt *row)
{
	static const char *const others[][2] = {
		{ "addr", "10.9.8.7/24" }, { "peer", "fd00::7/64" },
		{ "mtu", "1300" }, { "mss", "1000" }, { "local", "[::1]:99" },
		{ "time-limit", "1.5-60" }, { "rate-limit", "20/0.25" },
		{ "allowed-ports", "80,22" },
		{ "proxy-protocol", "10.0.0.0/8,fd00::1" },
		{ "route", "10.9.0.0/16" }, { "mark", "7" },
	};
	static char text[32];
	const char *const *word;
	size_t i;

	switch (row->type) {
	case OPT_INT:
		snprintf(text, sizeof(text), "%lld",
		    (long long)row->of.range.max);
		if (opt_default(row) != NULL &&
		    strcmp(opt_default(row), text) == 0)
			snprintf(text, sizeof(text), "%lld",
			    (long long)row->of.range.min);
		return text;
	case OPT_MS:
		return row->of.range.max == 0x7fffffff ? "7.001" : "59.999";
	case OPT_BYTES:
		return "3M";
	case OPT_TEXT:
		return " a text, of \"two\" words\\ ";
	case OPT_CHOICE:
		for (word = row->of.choices; word[1] != NULL; word++)
			;
		return *word;
	case OPT_OTHER:
		for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			if (strcmp(others[i][0], row->name) == 0)
				return others[i][1];
		return NULL;
	case OPT_ON:
	case OPT_OFF:
	case OPT_BOOL:
	case OPT_WORD:
	case OPT_HELP:
	case OPT_VERSION:
		break;
	}
	return row->type == OPT_ON ? "yes" : NULL;
}

/* What plan_compare() reported: how often, and the last. */
struct seen {
	unsigned n;
	char owner[16], key[40];
};

static void
note_difference(void *arg, const char *owner, const char *key)
{
	struct seen *seen = arg;

	seen->n++;
	strlcpy(seen->owner, owner, sizeof(seen->owner));
	strlcpy(seen->key, key == NULL ? "(end)" : key, sizeof(seen->key));
}

/* Is that setting, and no other, reported as the difference? */
static bool
differs_in(const struct plan *a, const struct plan *b, const char *owner,
    const char *key)
{
	struct seen seen;

	memset(&seen, 0, sizeof(seen));
	return plan_compare(a, b, note_difference, &seen) == 1 &&
	    seen.n == 1 && strcmp(seen.owner, owner) == 0 &&
	    strcmp(seen.key, key) == 0;
}

/* Prints a plan and reads it again as a second one; the number of lines that
 * are not taken. */
static unsigned
print_and_read(const struct plan *p, struct plan *again)
{
	FILE *f = fopen(PATH, "w+");
	unsigned bad = 0;
	char line[LINE];

	plan_init(again);
	if (f == NULL)
		return 1;
	plan_print(p, f);
	rewind(f);
	while (fgets(line, sizeof(line), f) != NULL)
		bad += plan_read_line(again, line, &fault) != 0;
	fclose(f);
	remove(PATH);
	return bad + (plan_finish(again, &fault) != 0);
}

/* Each row of an end, changed: that is what differs, and a secret is not
 * printed where all else is. */
static void
test_rows_of(const struct end_ops *kind)
{
	const char *side = kind->side == LEFT ? "left" : "right";
	unsigned same = 0, found = 0, read = 0, n = 0;
	struct plan base, changed, again;
	const struct opt *row;

	plan_make(&base, kind);
	for (row = kind->options; row->name != NULL; row++, n++) {
		plan_make(&changed, kind);
		same += plan_compare(&base, &changed, NULL, NULL) == 0;
		if (plan_set(&changed, kind->side, row->name,
		    changed_value(row), &fault) != 0)
			printf("# %s\n", fault.text);
		found += differs_in(&base, &changed, side, row->name);
		if (print_and_read(&changed, &again) != 0)
			printf("# %s: %s\n", row->name, fault.text);
		read += row->secret ?
		    differs_in(&changed, &again, side, row->name) :
		    plan_compare(&changed, &again, NULL, NULL) == 0;
		plan_free(&again);
		plan_free(&changed);
	}
	plan_free(&base);
	is_int(same, n, "%s %s: plans that say the same are the same", side,
	    kind->name);
	is_int(found, n, "%s %s: each of %u keys, changed, is what differs",
	    side, kind->name, n);
	is_int(read, n, "%s %s: each is read as it was printed", side,
	    kind->name);
}

/* All rows of an end, changed at once. */
static void
test_all_of(const struct end_ops *kind)
{
	unsigned n = 0, secret = 0;
	struct plan base, p, again;
	const struct opt *row;

	plan_make(&base, kind);
	plan_make(&p, kind);
	for (row = kind->options; row->name != NULL; row++, n++) {
		secret += row->secret;
		must(plan_set(&p, kind->side, row->name, changed_value(row),
		    &fault) == 0);
	}
	is_int(plan_compare(&base, &p, NULL, NULL), n, "%s: all keys differ",
	    kind->name);
	is_int(print_and_read(&p, &again), 0, "%s: all are printed",
	    kind->name);
	is_int(plan_compare(&p, &again, NULL, NULL), secret, "%s: and read, "
	    "but for secrets", kind->name);
	plan_free(&again);
	plan_free(&p);
	plan_free(&base);
}

static void
test_tunnel_rows(void)
{
	unsigned found = 0, read = 0, n = 0;
	struct plan base, changed, again;
	const struct opt *row;

	for (row = settings_tunnel; row->name != NULL; row++, n++) {
		plan_make(&base, end_list[0]);
		plan_make(&changed, end_list[0]);
		must(plan_set_tunnel(&changed, row->name, changed_value(row),
		    &fault) == 0);
		found += differs_in(&base, &changed, "tunnel", row->name);
		(void)print_and_read(&changed, &again);
		read += plan_compare(&changed, &again, NULL, NULL) == 0;
		plan_free(&again);
		plan_free(&changed);
		plan_free(&base);
	}
	is_int(found, n, "tunnel: each of %u options, changed, is what "
	    "differs", n);
	is_int(read, n, "tunnel: each is read as it was printed");
}

/* Values of which there are several. */
static void
test_lists(void)
{
	const struct end_ops *tun = end_find_side("tun", LEFT);
	struct plan a, b;

	if (tun == NULL)
		return;
	plan_make(&a, tun);
	must(plan_set(&a, LEFT, "addr", "10.0.0.1/24", &fault) == 0);
	must(plan_set(&a, LEFT, "addr", "fd00::1", &fault) == 0);
	is_int(print_and_read(&a, &b), 0, "two addresses are printed");
	is_int(b.end[LEFT].settings.addresses.n, 2, "and both are read");
	ok(plan_compare(&a, &b, NULL, NULL) == 0, "as they were");
	must(plan_set(&b, LEFT, "addr", "10.0.0.2", &fault) == 0);
	ok(differs_in(&a, &b, "left", "addr"), "a third one differs");
	plan_free(&a);
	plan_free(&b);
}

/* The address of an end, and its kind. */
static void
test_addresses(void)
{
	static const char group[] = "{10.0.0.0/30,b.example:1-2}+c.example:3";
	const struct end_ops *udp = end_find("udp"), *tcp = end_find("tcp");
	struct hostport at = { .host = "::1", .port = 5 };
	struct plan a, b;

	plan_make(&a, udp);
	plan_make(&b, udp);
	must(plan_set_address(&b, RIGHT, "192.0.2.1:444", &fault) == 0);
	ok(differs_in(&a, &b, "right", "(end)"), "a port of an address");
	must(plan_set_address(&b, RIGHT, group, &fault) == 0);
	ok(b.end[RIGHT].settings.group == b.end[RIGHT].group &&
	    b.end[RIGHT].group != NULL, "a group of endpoints");
	ok(differs_in(&a, &b, "right", "(end)"), "differs from one");
	plan_free(&a);
	is_int(print_and_read(&b, &a), 0, "it is printed");
	is_str(a.end[RIGHT].address, group, "as it was written");
	plan_set_host(&a, RIGHT, &at);
	ok(a.end[RIGHT].group == NULL && a.end[RIGHT].settings.group == NULL,
	    "a host takes its place");
	is_str(a.end[RIGHT].address, "[::1]:5", "and has a text, too");
	plan_free(&a);
	plan_make(&a, tcp);
	ok(differs_in(&a, &b, "right", "(end)"), "of two kinds, the kind "
	    "alone differs");
	plan_free(&a);
	plan_free(&b);
}

/* What is read stays when its source is overwritten. */
static void
test_memory(void)
{
	char left[] = "tls-listen:[::]:443,cert=a,,b.pem,key=k.pem";
	char right[] = "udp:{a.example,b.example:7}";
	char *argv[] = { left, right };
	const struct settings *s;
	char *kept[2];
	struct plan p;

	plan_init(&p);
	memcpy(kept, argv, sizeof(kept));
	plan_keep_args(&p, 2, kept);
	ok(kept[0] != left && strcmp(kept[0], left) == 0 &&
	    kept[1] != right && strcmp(kept[1], right) == 0,
	    "arguments become copies");
	if (end_find("tls-listen") == NULL)
		memcpy(left, "tcp-listen:[::]:443", 20);
	must(plan_read_spec(&p, LEFT, left, &fault) == 0);
	must(plan_read_spec(&p, RIGHT, right, &fault) == 0);
	memset(left, 'x', sizeof(left) - 1);
	memset(right, 'x', sizeof(right) - 1);
	s = &p.end[LEFT].settings;
	is_str(p.end[LEFT].address, "[::]:443", "an address stays");
	if (end_find("tls-listen") != NULL) {
		is_str(s->cert, "a,b.pem", "a text stays");
		is_str(s->key, "k.pem", "and another");
	}
	is_str(p.end[RIGHT].group->term[0].name, "a.example", "a name of a "
	    "group stays");
	strcpy(left, "2-5");
	must(plan_set_tunnel(&p, "allowed-ports", left, &fault) == 0);
	left[0] = 'x';
	is_str(p.tunnel.allowed_ports, "2-5", "an option stays");
	plan_wipe(&p);
	is_str(p.tunnel.allowed_ports, "", "nothing stays in a plan that is "
	    "wiped");
	is_str(kept[0], "", "nor of the arguments");
	plan_free(&p);
	plan_free(&p);
	ok(p.texts == NULL && p.end[RIGHT].group == NULL, "a plan is freed, "
	    "and may be again");
	ok(plan_keep(&p, NULL) == NULL, "no text is none");
}

/* A secret is neither printed nor shown in a fault. */
static void
test_secrets(void)
{
	char line[LINE];
	unsigned shown = 0, told = 0;
	struct plan p;
	FILE *f;

	plan_init(&p);
	is_int(plan_read_spec(&p, RIGHT, "x:{a,psk=c0ffee", &fault), -1,
	    "a spec of no kind");
	ok(strstr(fault.text, "c0ffee") == NULL, "has no secret in its fault");
	if (end_find("dtls") == NULL) {
		plan_free(&p);
		return;
	}
	is_int(plan_read_spec(&p, RIGHT, "dtls:{a,psk=c0ffee", &fault), -1,
	    "a brace that is not closed");
	ok(strstr(fault.text, "c0ffee") == NULL, "nor has this one");
	plan_free(&p);
	plan_make(&p, end_find("dtls"));
	must(plan_set(&p, RIGHT, "psk", "c0ffee", &fault) == 0);
	f = fopen(PATH, "w+");
	if (f == NULL)
		return;
	plan_print(&p, f);
	rewind(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		shown += strstr(line, "c0ffee") != NULL;
		told += strcmp(line, "# right.psk is set, and secret\n") == 0;
	}
	fclose(f);
	remove(PATH);
	ok(shown == 0 && told == 1, "a key is said to be there, not printed");
	plan_free(&p);
}

/* The default of an option that depends on both ends. */
static void
test_idle(void)
{
	const struct end_ops *tun = end_find_side("tun", RIGHT);
	struct plan p;

	plan_make(&p, end_find("udp"));
	is_int(p.tunnel.idle_ms, 120000, "a flow may be silent for 120 s");
	plan_free(&p);
	if (tun == NULL)
		return;
	plan_make(&p, tun);
	is_int(p.tunnel.idle_ms, 0, "of a device for any time");
	plan_free(&p);
	plan_init(&p);
	must(plan_set_tunnel(&p, "idle", "7", &fault) == 0);
	must(plan_read_spec(&p, LEFT, "udp-listen:127.0.0.1:1", &fault) == 0);
	must(plan_read_spec(&p, RIGHT, "tun:", &fault) == 0);
	must(plan_finish(&p, &fault) == 0);
	is_int(p.tunnel.idle_ms, 7000, "or for as long as was said");
	plan_free(&p);
}

/* Lines that are wrong: the key of the fault, and part of its words. */
static void
test_faults(void)
{
	static const struct { const char *line, *key, *says; } wrong[] = {
		{ "left", "", "KEY = VALUE" },
		{ "left = udp", "left", "KIND:HOST:PORT" },
		{ "left = nosuch:a:1", "left", "no end of this kind" },
		{ "left = udp:a:1", "left", "this end can only be RIGHT" },
		{ "right = udp-listen:a:1", "right", "this end can only be "
		    "LEFT" },
		{ "right = udp:a", "right", "a port is missing" },
		{ "right = udp::1", "right", "a host is missing" },
		{ "right = udp:{a", "right", "\"udp:{a\": " },
		{ "right.rcvbuf = 1", "right", "must come before" },
		{ "left.rcvbuf = x", "rcvbuf", "no number of bytes" },
		{ "left.rcvbuff = 1", "rcvbuff", "did you mean rcvbuf?" },
		{ "left. = 1", "", "no such key" },
		{ "idle = never", "idle", "no number of seconds" },
		{ "idle = \"1", "", "quotes" },
		{ "stale-mode = up", "stale-mode", "both, either" },
		{ "allowed-ports = 1-", "allowed-ports", "like 22,80" },
		{ "rate-limit = 5", "rate-limit", "like 20/60" },
		{ "time-limit = x", "time-limit", "like 600" },
		{ "lefty = 1", "lefty", "no such key" },
	};
	struct plan p;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		plan_init(&p);
		must(plan_read_line(&p, "left = udp-listen:127.0.0.1:1",
		    &fault) == 0);
		memset(&fault, 0, sizeof(fault));
		is_int(plan_read_line(&p, wrong[i].line, &fault), -1, "%s",
		    wrong[i].line);
		if (!ok(fault.kind == FAULT_USER &&
		    strcmp(fault.setting, wrong[i].key) == 0 &&
		    strstr(fault.text, wrong[i].says) != NULL,
		    "says which setting, and what would be right"))
			printf("# \"%s\": %s\n", fault.setting, fault.text);
		plan_free(&p);
	}
}

/* What makes no sense together. */
static void
test_check(void)
{
	struct plan p;

	plan_init(&p);
	is_int(plan_finish(&p, &fault), -1, "a plan needs a left end");
	is_str(fault.setting, "left", "which the fault names");
	must(plan_read_spec(&p, LEFT, "udp-listen:127.0.0.1:1", &fault) == 0);
	is_int(plan_finish(&p, &fault), -1, "and a right one");
	is_str(fault.setting, "right", "which the fault names, too");
	must(plan_read_spec(&p, RIGHT, "udp:127.0.0.1:2", &fault) == 0);
	is_int(plan_finish(&p, &fault), 0, "these are all that it needs");
	must(plan_set_tunnel(&p, "allowed-ports", "22", &fault) == 0);
	is_int(plan_finish(&p, &fault), -1, "ports are of IP packets");
	is_str(fault.setting, "allowed-ports", "says the fault");
	is_str(fault.text, "allowed-ports looks at IP packets: one of the "
	    "ends must be a tun", "and what would be right");
	must(plan_set_tunnel(&p, "packet-stats", NULL, &fault) == 0);
	is_int(plan_finish(&p, &fault), -1, "statistics, too");
	is_str(fault.setting, "packet-stats", "says the fault");
	plan_free(&p);
}

/* What is wrong with one end is found without starting it. */
static void
test_check_ends(void)
{
	static const struct {
		const char *left, *right, *setting, *says;
	} wrong[] = {
		{ "udp-listen:127.0.0.1:1", "udp:{a+b:2},resolve-once",
		  "resolve-once", "not with a group" },
		{ "udp-listen:127.0.0.1:1", "tls:a:2,no-name-check",
		  "no-name-check", "tls:a:2: no-name-check" },
		{ "udp-listen:127.0.0.1:1", "tls:a:2,cafile=",
		  "cafile", "is empty" },
		{ "tls-listen:127.0.0.1:1", "udp:a:2",
		  "cert", "a certificate is needed" },
		{ "uott-listen:127.0.0.1:1,cert=c", "udp:a:2",
		  "cert", "goes with tls" },
		{ "uott-listen:127.0.0.1:1,tls", "udp:a:2",
		  "cert", "a certificate is needed" },
		{ "udp-listen:127.0.0.1:1", "uott:a:2,tls,name=",
		  "name", "is empty" },
		{ "udp-listen:127.0.0.1:1", "dtls:a:2",
		  "psk-file", "a key is needed" },
		{ "dtls-listen:127.0.0.1:1,psk=aa,psk-file=f", "udp:a:2",
		  "psk", "exclude each other" },
		{ "tun:t,inner-file=f", "udp:a:2",
		  "inner-file", "tun:t: inner-file goes" },
		{ "tun:t,addr=10.0.0.1/8,peer=10.0.0.2,peer=10.0.0.3",
		  "udp:a:2", "peer", "peer=10.0.0.3: there is no addr" },
		{ "udp-listen:127.0.0.1:1", "tun:t,addr=224.0.0.1",
		  "addr", "no device can have" },
		{ "tun:t", "ip-udp:a:2,hosts-file=f", "hosts-file", "not both" },
	};
	struct plan p;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		plan_init(&p);
		if (plan_read_spec(&p, LEFT, wrong[i].left, &fault) == 0 &&
		    plan_read_spec(&p, RIGHT, wrong[i].right, &fault) == 0) {
			must(plan_finish(&p, &fault) == 0);
			is_int(plan_check(&p, &fault), -1, "%s to %s is wrong",
			    wrong[i].left, wrong[i].right);
			is_str(fault.setting, wrong[i].setting, "by its key");
			ok(strstr(fault.text, wrong[i].says) != NULL, "%s",
			    fault.text);
		}
		plan_free(&p);
	}
	plan_init(&p);
	must(plan_read_spec(&p, LEFT, "udp-listen:127.0.0.1:1", &fault) == 0);
	must(plan_read_spec(&p, RIGHT, "udp:nowhere:2", &fault) == 0);
	must(plan_finish(&p, &fault) == 0);
	is_int(plan_check(&p, &fault), 0, "nothing is looked up");
	plan_free(&p);
}

/* What leads from one spec of a right end to another. */
static enum plan_change
judged(const char *from, const char *to, struct plan *a, struct plan *b)
{
	struct plan *p[2] = { a, b };
	unsigned i;

	for (i = 0; i < 2; i++) {
		plan_init(p[i]);
		must(plan_read_spec(p[i], LEFT, "udp-listen:127.0.0.1:1",
		    &fault) == 0);
		must(plan_read_spec(p[i], RIGHT, i == 0 ? from : to,
		    &fault) == 0);
		must(plan_finish(p[i], &fault) == 0);
	}
	return plan_judge(a, b);
}

static void
test_judge(void)
{
	static const struct {
		const char *from, *to;
		enum plan_change change;
	} cases[] = {
		{ "tcp:a:2", "tcp:a:2", PLAN_SAME },
		{ "tcp:a:2", "tcp:a:2,timeout=4", PLAN_SAME },
		{ "tcp:a:2", "tcp:a:2,timeout=5", PLAN_LIVE },
		{ "tcp:a:2", "tcp:a:2,timeout=5,pool=2", PLAN_OTHER },
		{ "tcp:a:2", "tcp:a:3", PLAN_OTHER },
		{ "tcp:a:2", "udp:a:2", PLAN_OTHER },
		{ "tcp:{a:2}", "tcp:{a:2},backoff=9", PLAN_LIVE },
	};
	const struct addrgroup *group;
	struct plan a, b;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_int(judged(cases[i].from, cases[i].to, &a, &b),
		    cases[i].change, "from %s to %s", cases[i].from,
		    cases[i].to);
		plan_free(&a);
		plan_free(&b);
	}
	(void)judged("tcp:{a:2}", "tcp:{a:2},backoff=9", &a, &b);
	group = a.end[RIGHT].group;
	plan_exchange(&a, &b);
	is_int(a.end[RIGHT].settings.backoff_ms, 9000, "plans are exchanged");
	ok(a.end[RIGHT].group == group && a.end[RIGHT].settings.group == group,
	    "but for the groups, which ends have");
	plan_free(&a);
	is_int(b.end[RIGHT].settings.backoff_ms, 5000, "both are whole");
	plan_free(&b);
}

int
main(void)
{
	unsigned i;

	for (i = 0; end_list[i] != NULL; i++) {
		test_rows_of(end_list[i]);
		test_all_of(end_list[i]);
	}
	test_tunnel_rows();
	test_lists();
	test_addresses();
	test_memory();
	test_secrets();
	test_idle();
	test_faults();
	test_check();
	test_check_ends();
	test_judge();
	return done_testing();
}
