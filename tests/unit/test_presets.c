/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The plans that the old tools' command lines become: their defaults, which
 * are the originals', and where each option arrives.
 *
 * NOTES.  This run_tunnel() takes the place of the program's, and prints the
 * plan for the test to look into.
 * A build without OLD_TOOLS leaves this out.
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include <string.h>

#include "tap.h"

#include "base/fault.h"
#include "base/log.h"
#include "cmd/run.h"
#include "daemon/setup.h"
#include "tunnel/ends.h"
#include "tunnel/plan_compare.h"
#include "tunnel/plan_print.h"

#define CONFIG "presets.json"

enum {
	WORDS = 24,		/* of a command line, at most */
	PLAN_TEXT = 4096,	/* bytes of a printed plan */
};

/* A command line, and what becomes of it. */
struct spelling {
	const char *needs;	/* an end that this build must have for it */
	const char *line;	/* words, a space between */
	const char *plan;	/* lines that its plan must have */
};

static char printed[PLAN_TEXT];	/* the last plan */

/* Reports a setting that differs. */
static void
show_difference(void *arg, const char *owner, const char *key)
{
	(void)arg;
	printf("# %s %s differs\n", owner, key == NULL ? "" : key);
}

/* The section that `adit convert` prints for a plan makes the same plan. */
static void
check_section(const struct plan *p)
{
	char text[PLAN_TEXT];
	struct setup s = { .n_tunnels = 0 };
	FILE *f = tmpfile();
	size_t n;

	must(f != NULL);
	fputs("[tunnel x]\n", f);
	plan_print_set(p, f);
	rewind(f);
	n = fread(text, 1, sizeof(text), f);
	must(n < sizeof(text));
	fclose(f);
	conf_parse(&s.conf, "section", text, n, false);
	if (setup_make(&s) != 0)
		printf("# %s\n", s.conf.faults.at[0].text);
	is_int(s.conf.faults.n, 0, "  its section has no fault");
	is_int(plan_compare(p, &s.tunnels[0].plan, show_difference, NULL), 0,
	    "  and makes the same plan");
	setup_free(&s);
}

int
run_tunnel(const char *name, struct config *c)
{
	FILE *f = tmpfile();
	struct fault fault;
	size_t n;

	(void)name;
	must(f != NULL);
	must(plan_finish(&c->plan, &fault) == 0);
	printed[0] = '\n';
	plan_print(&c->plan, f);
	rewind(f);
	n = fread(printed + 1, 1, sizeof(printed) - 2, f);
	printed[n + 1] = '\0';
	fclose(f);
	check_section(&c->plan);
	plan_free(&c->plan);
	return 0;
}

/* Runs a command line. */
static void
run(const char *line)
{
	char words[512], *argv[WORDS], *p;
	int argc = 0;
	unsigned i;

	must(strlcpy(words, line, sizeof(words)) < sizeof(words));
	for (p = strtok(words, " "); p != NULL; p = strtok(NULL, " ")) {
		must(argc < WORDS);
		argv[argc++] = p;
	}
	printed[0] = '\0';
	for (i = 0; cmd_list[i] != NULL; i++) {
		if (strcmp(cmd_list[i]->name, argv[0]) == 0) {
			is_int(cmd_list[i]->main(argc, argv), 0, "%s", line);
			return;
		}
	}
	must(false);
}

/* Is the line of n bytes one of the plan's? */
static bool
is_printed(const char *line, size_t n)
{
	const char *at = printed;

	while ((at = strchr(at, '\n')) != NULL) {
		at++;
		if (strncmp(at, line, n) == 0 && at[n] == '\n')
			return true;
	}
	return false;
}

static void
check(const struct spelling *p)
{
	const char *line, *end;

	if (end_find(p->needs) == NULL)
		return;
	run(p->line);
	for (line = p->plan; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		must(end != NULL);
		ok(is_printed(line, (size_t)(end - line)), "  %.*s",
		    (int)(end - line), line);
	}
}

/* What the originals do when nothing else is said. */
static const struct spelling defaults[] = {
	{ "tls", "uotp-client h 8443",
	    "left = udp-listen:127.0.0.1:8911\n" "right = tls:h:8443\n"
	    "right.pool = 8\n" "right.timeout = 4\n" "right.backoff = 5\n"
	    "idle = 120\n" "stale-mode = both\n" "right.no-name-check = no\n"
	    "right.resolve-once = no\n" },
	{ "tcp", "uotp-client --no-tls h 8443",
	    "right = tcp:h:8443\n" "right.pool = 8\n" "idle = 120\n" },
	{ "tls", "uotp-server -c c -k k h 53",
	    "left = tls-listen:0.0.0.0:8443\n" "right = udp:h:53\n"
	    "idle = 0\n" "left.grace = 15\n" "max-flows = 4096\n" },
	{ "tcp", "uotp-server --no-tls h 53",
	    "left = tcp-listen:0.0.0.0:8443\n" "left.grace = 15\n"
	    "idle = 0\n" },
	{ "uott", "uott client 127.0.0.1:5 h:6",
	    "left = udp-listen:127.0.0.1:5\n" "right = uott:h:6\n"
	    "right.tls = no\n" "idle = 120\n" "stale-mode = both\n" },
	{ "uott", "uott proxy 127.0.0.1:5 h:6",
	    "left = uott-listen:127.0.0.1:5\n" "right = udp:h:6\n"
	    "left.tls = no\n" "idle = 120\n" "stale-mode = both\n" },
	{ "dtls", "dtlspipe -psk 00ff client 127.0.0.1:1 h:2",
	    "left = udp-listen:127.0.0.1:1\n" "right = dtls:h:2\n"
	    "# right.psk is set, and secret\n" "right.timeout = 10\n"
	    "right.mtu = 1400\n" "right.no-cid = no\n" "idle = 30\n"
	    "stale-mode = either\n" "rate-limit = 20/60\n"
	    "# time-limit is not set\n" },
	{ "dtls", "dtlspipe -psk 00ff server 127.0.0.1:1 h:2",
	    "left = dtls-listen:127.0.0.1:1\n" "right = udp:h:2\n"
	    "# left.psk is set, and secret\n" "left.skip-verify = yes\n"
	    "left.mtu = 1400\n" "idle = 30\n" "stale-mode = either\n"
	    "rate-limit = 20/60\n" },
	{ "dtls",
	    "dtlspipe -psk 00ff hoppingclient 127.0.0.1:1 1.2.3.0/24:2-5",
	    "right = dtls:{1.2.3.0/24:2-5}\n" "idle = 30\n" },
	{ "ip-udp", "udptun -A 10.0.0.1",
	    "right = ip-udp:10.0.0.1:7777\n" "right.local = 0.0.0.0:7777\n"
	    "right.no-ipv6 = yes\n" "left.no-up = yes\n" "left.mss = off\n"
	    "idle = 0\n" },
	{ "ip-udp", "udptun --hosts-url http://h/x",
	    "right.hosts-url = http://h/x\n" "right.hosts-interval = 300\n"
	    "right.local = 0.0.0.0:7777\n" },
	{ "ip-udp", "udptunnel " CONFIG,
	    "right = ip-udp:example.com:8000\n" "right.heartbeat = 30\n"
	    "allowed-ports = 22\n" "idle = 0\n" },
};

/* Where options arrive. */
static const struct spelling options[] = {
	{ "tls", "uotp-client -a ::1 -p 9 -e 7 -n 3 -B 6 -w 2 -m 0x10 -R h 1",
	    "left = udp-listen:[::1]:9\n" "idle = 7\n" "right.pool = 3\n"
	    "right.backoff = 6\n" "right.timeout = 2\n" "right.mark = 16\n"
	    "right.resolve-once = yes\n" },
	{ "tls", "uotp-client -c a -k b -C d --tls-servername n h 1",
	    "right.cert = a\n" "right.key = b\n" "right.cafile = d\n"
	    "right.name = n\n" },
	{ "tls", "uotp-client -C d --no-hostname-check h 1",
	    "right.no-name-check = yes\n" },
	{ "tls",
	    "uotp-server -a 10.0.0.1 -p 9 -c a -k b -C d --max-flows 5 h 1",
	    "left = tls-listen:10.0.0.1:9\n" "left.cert = a\n" "left.key = b\n"
	    "left.cafile = d\n" "max-flows = 5\n" },
	{ "tls",
	    "uott -e 9 --max-flows 8 -t -c a -k b -C d --name n -m 4 client :1 "
	    "h:2",
	    "idle = 9\n" "max-flows = 8\n" "right.tls = yes\n"
	    "right.cert = a\n" "right.key = b\n" "right.cafile = d\n"
	    "right.name = n\n" "right.mark = 4\n" },
	{ "tls", "uott -t -C d --no-name-check client :1 h:2",
	    "right.no-name-check = yes\n" },
	{ "tls", "uott -t -c a -k b -C d proxy :1 h:2",
	    "left.tls = yes\n" "left.cert = a\n" "left.key = b\n"
	    "left.cafile = d\n" },
	{ "dtls", "dtlspipe -psk-file f -identity me -ciphers "
	    "TLS_PSK_WITH_AES_128_CCM -curves P-256 -timeout 3s -idle-time 4m "
	    "-stale-mode left -cid=false -mtu 900 client 127.0.0.1:1 h:2",
	    "right.psk-file = f\n" "right.identity = me\n"
	    "right.ciphers = TLS_PSK_WITH_AES_128_CCM\n"
	    "right.groups = P-256\n" "right.timeout = 3\n" "idle = 240\n"
	    "stale-mode = left\n" "right.no-cid = yes\n" "right.mtu = 900\n" },
	{ "dtls",
	    "dtlspipe -psk-file f -skip-hello-verify=false -rate-limit 5/1s "
	    "-max-flows 9 -time-limit 10s-20s server 127.0.0.1:1 h:2",
	    "left.psk-file = f\n" "left.skip-verify = no\n"
	    "rate-limit = 5/1\n" "max-flows = 9\n" "time-limit = 10-20\n" },
	{ "ip-udp", "udptun -a 10.1.0.1 -p 5 -A h -P 6 -d tun7",
	    "left = tun:tun7\n" "right = ip-udp:h:6\n"
	    "right.local = 10.1.0.1:5\n" },
	{ "ip-udp",
	    "udptun --hosts-url https://h/x --hosts-url-interval 9 --ca-file f "
	    "--ca-path g --no-name-check",
	    "right.hosts-interval = 9\n" "right.cafile = f\n"
	    "right.ca-path = g\n" "right.no-name-check = yes\n" },
	{ "ip-udp", "udptun --hosts-file f",
	    "right.hosts-file = f\n" },
};

static void
write_config(void)
{
	FILE *f = fopen(CONFIG, "w");

	must(f != NULL);
	fputs("{\"TunnelAddress\": \"10.0.0.2\", \"NetworkAddress\": "
	    "\"example.com:8000\", \"AllowedPorts\": [22]}", f);
	fclose(f);
}

/* Each number that an old tool takes is one that the key of the end takes, to
 * which `adit convert` writes it. */
static void
check_range(const struct preset *p, const struct opt *row, enum side side,
    const struct opt *key)
{
	size_t base = offsetof(struct plan, end) +
	    side * sizeof(struct plan_end) + offsetof(struct plan_end, settings);

	if (row->at != base + key->at || row->type != key->type ||
	    (row->type != OPT_INT && row->type != OPT_MS &&
	    row->type != OPT_BYTES) ||
	    (key->of.range.min == 0 && key->of.range.max == 0))
		return;
	ok(row->of.range.min >= key->of.range.min &&
	    row->of.range.max <= key->of.range.max &&
	    (row->of.range.min != 0 || row->of.range.max != 0),
	    "%s --%s is in the range of %s", p->name, row->name, key->name);
}

static void
test_ranges(void)
{
	const struct opt *row, *key;
	unsigned i, e;

	for (i = 0; preset_list[i] != NULL; i++)
		for (e = 0; end_list[e] != NULL; e++)
			for (row = preset_list[i]->rows; row->name != NULL;
			    row++)
				for (key = end_list[e]->options; key->name !=
				    NULL; key++)
					check_range(preset_list[i], row,
					    end_list[e]->side, key);
}

int
main(void)
{
	size_t i;

	write_config();
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		check(&defaults[i]);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		check(&options[i]);
	remove(CONFIG);
	test_ranges();
	return done_testing();
}
