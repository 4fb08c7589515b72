/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Setups: which plans and settings the sections of a configuration file become,
 * and what is wrong with a file of many mistakes.
 *
 * NOTES.  These have ends of all kinds, and presets.
 * A build without TLS leaves this out.
 * A build without DTLS leaves this out.
 * A build without TUN leaves this out.
 * A build without OLD_TOOLS leaves this out.
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "daemon/setup.h"
#include "tunnel/plan_compare.h"
#include "tunnel/plan_print.h"
#include "tunnel/tunnel.h"

#include "tap.h"

#define FILE_NAME "test_setup.tmp"

static struct setup s;

/* Makes a setup of a text. */
static int
make(const char *text)
{
	setup_free(&s);
	conf_parse(&s.conf, "f", text, strlen(text), false);
	return setup_make(&s);
}

/* The same for a text without faults. */
static void
make_good(const char *text)
{
	size_t i;

	is_int(make(text), 0, "no fault: %.40s", text);
	for (i = 0; i < s.conf.faults.n; i++)
		printf("# %s\n", s.conf.faults.at[i].text);
}

/* Does the tunnel of that number have a setting?  line: as plan_print() writes
 * it. */
static void
has(size_t tunnel, const char *line)
{
	char text[8192], want[200];
	FILE *f = tmpfile();
	size_t n;

	must(f != NULL && tunnel < s.n_tunnels);
	putc('\n', f);
	plan_print(&s.tunnels[tunnel].plan, f);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	snprintf(want, sizeof(want), "\n%s\n", line);
	ok(strstr(text, want) != NULL, "  tunnel %lu has %s",
	    (unsigned long)tunnel, line);
}

static void
test_tunnels(void)
{
	make_good("[tunnel a]\n"
	    "right = tcp:h:443,pool=3,mark=7\n"
	    "right.mark = 9\n"
	    "idle = 7\n"
	    "left = udp-listen:127.0.0.1:1\n"
	    "[tunnel b]\nleft=tun:adit1\nright=udp:h:2\n"
	    "left.addr=10.0.0.1/24\nleft.addr=fd00::1/64\n");
	is_int(s.n_tunnels, 2, "two tunnels");
	is_str(s.tunnels[0].section->name, "a", "  with their names");
	has(0, "left = udp-listen:127.0.0.1:1");
	has(0, "right = tcp:h:443");
	has(0, "right.pool = 3");
	has(0, "right.mark = 9");
	has(0, "idle = 7");
	has(1, "left.addr = 10.0.0.1/24\nleft.addr = fd00::1/64");
	has(1, "idle = 0");
	ok(!s.tunnels[0].faulty && !s.tunnels[1].faulty && !s.process_faulty,
	    "  nothing is faulty");
	setup_wipe(&s);
	is_str(s.tunnels[0].plan.end[RIGHT].address, "", "wiped");
}

static void
test_defaults(void)
{
	make_good("[tunnel a]\nleft = udp-listen:127.0.0.1:1\n"
	    "right = tcp:h:443,pool=3\n"
	    "[defaults]\nidle = 300\nright.pool = 5\nright.mark = 6\n"
	    "right.sndbuf = 9\nright.addr = 10.0.0.1/24\nmax-flows = 5\n"
	    "[tunnel b]\nleft = udp-listen:127.0.0.1:2\n"
	    "right = tcp:h:443\nmax-flows = 3\nright.sndbuf = 2M\n"
	    "[tunnel c]\nleft = tun:\nright = udp:h:2\n");
	has(0, "idle = 300");
	has(0, "max-flows = 5");
	has(0, "right.pool = 3");
	has(0, "right.mark = 6");
	has(1, "right.pool = 5");
	has(1, "max-flows = 3");
	has(1, "right.sndbuf = 2M");
	has(2, "right.mark = 6");
	has(2, "idle = 300");
	make_good("[defaults]\nright.addr = 10.0.0.1/24\n[tunnel a]\n"
	    "left = udp-listen:127.0.0.1:1\nright = tun:x\n"
	    "right.addr = 10.0.0.2/24\n");
	has(0, "right = tun:x\nright.addr = 10.0.0.2/24");

	is_int(make("[defaults]\nright.timeout = 0.2\nleft.mtu = 70\n"
	    "right.pol = 3\nidle = x\nleft = udp-listen:127.0.0.1:1\n"
	    "[tunnel a]\nleft = udp-listen:127.0.0.1:1\n"
	    "right = tcp:h:443\n[tunnel b]\nleft = udp-listen:127.0.0.1:2\n"
	    "right = tcp:h:443\n"), -1, "wrong defaults");
	is_int(s.conf.faults.n, 3, "  each is one fault for all tunnels");
	is_int(s.conf.faults.at[0].line, 4, "  an unknown key of an end");
	ok(strstr(s.conf.faults.at[0].text, "did you mean pool?") != NULL,
	    "  and what was meant");
	is_int(s.conf.faults.at[1].line, 5, "  a wrong value");
	is_int(s.conf.faults.at[2].line, 6, "  an end");
	ok(s.process_faulty && s.tunnels[0].faulty, "  all is faulty");
}

static void
test_process(void)
{
	make_good("[daemon]\nuser = nobody\nverbosity = debug\nstrict = yes\n"
	    "syslog = local3\n");
	is_str(s.process.daemon.user, "nobody", "user");
	is_str(s.process.daemon.syslog, "local3", "syslog");
	is_int(s.process.log_level, LEVEL_DEBUG, "verbosity");
	ok(s.process.strict, "strict");
	make_good("");
	is_int(s.process.log_level, LEVEL_INFO, "the default of verbosity");
}

static void
test_presets(void)
{
	make_good("[defaults]\nidle = 300\nright.pool = 2\n"
	    "[tunnel a]\npreset = uotp-client\nno-tls = yes\nexpire = 7\n"
	    "pool-size = 3\narguments = example.com 8443\n"
	    "right.sndbuf = 1M\nmax-flows = 9\n"
	    "[tunnel b]\npreset = uott\narguments = proxy 127.0.0.1:5  h:6\n"
	    "idle = 8\n");
	has(0, "left = udp-listen:127.0.0.1:8911");
	has(0, "right = tcp:example.com:8443");
	has(0, "right.pool = 3");
	has(0, "right.sndbuf = 1M");
	has(0, "idle = 7");
	has(0, "max-flows = 9");
	has(1, "left = uott-listen:127.0.0.1:5");
	has(1, "idle = 8");
	is_int(make("[tunnel a]\npreset = uotp-client\nno-tls = yes\n"),
	    -1, "arguments are missing");
	is_int(s.conf.faults.at[0].line, 1, "  of that section");
}

/* Which tunnels have a secret in the file itself. */
static void
test_secrets(void)
{
	make_good("[tunnel a]\nleft = udp-listen:127.0.0.1:1\n"
	    "right = dtls:h:2,psk=00ff\n"
	    "[tunnel b]\nleft = udp-listen:127.0.0.1:2\n"
	    "right = dtls:h:2\nright.psk = file:/x\n"
	    "[tunnel c]\npreset = dtlspipe\npsk = 00ff\n"
	    "arguments = client 127.0.0.1:3 h:2\n"
	    "[tunnel d]\npreset = dtlspipe\npsk-file = /x\n"
	    "arguments = client 127.0.0.1:4 h:2\n"
	    "[tunnel e]\nleft = tun:\nright = ip-udp::6\n"
	    "right.prefix = secret\n"
	    "[tunnel f]\nleft = tun:\nright = ip-udp::7\n");
	ok(s.tunnels[0].has_secret, "a secret in a spec");
	ok(!s.tunnels[1].has_secret, "a reference is none");
	ok(s.tunnels[2].has_secret, "a secret of a preset");
	ok(!s.tunnels[3].has_secret, "the name of a file is none");
	ok(s.tunnels[4].has_secret, "a secret on a line of its own");
	ok(!s.tunnels[5].has_secret, "no secret");
}

/* Two tunnels with these ends: is the second refused, or none? */
static void
overlaps(bool refused, const char *left_a, const char *right_a,
    const char *left_b, const char *right_b)
{
	char text[600];

	snprintf(text, sizeof(text), "[tunnel a]\nleft = %s\nright = %s\n"
	    "[tunnel b]\nright = %s\nleft = %s\n", left_a, right_a, right_b,
	    left_b);
	is_int(make(text), refused ? -1 : 0, "%s %s, %s %s", left_a, right_a,
	    left_b, right_b);
	ok(s.n_tunnels == 2 && !s.tunnels[0].faulty &&
	    s.tunnels[1].faulty == refused, "  the second is %s",
	    refused ? "refused" : "good");
	if (refused)
		ok(s.conf.faults.n == 1 &&
		    strstr(s.conf.faults.at[0].text, "tunnel a") != NULL,
		    "  which names the first");
}

static void
test_overlaps(void)
{
	static const char to[] = "udp:h:2";
	bool tcp = sock_wildcard_excludes(SOCK_STREAM);

	overlaps(true, "udp-listen:127.0.0.1:1", to,
	    "udp-listen:127.0.0.1:1", to);
	is_int(s.conf.faults.at[0].line, 6, "  at its line");
	overlaps(true, "tcp-listen:[::1]:1", to, "uott-listen:[0:0::1]:1", to);
	overlaps(true, "udp-listen:localhost:1", to,
	    "dtls-listen:LocalHost:1,psk=00112233445566778899aabbccddeeff",
	    to);
	overlaps(false, "udp-listen:127.0.0.1:1", to,
	    "udp-listen:127.0.0.2:1", to);
	overlaps(false, "udp-listen:127.0.0.1:1", to,
	    "udp-listen:127.0.0.1:2", to);
	overlaps(false, "udp-listen:127.0.0.1:1", to,
	    "tcp-listen:127.0.0.1:1", to);
	overlaps(false, "udp-listen:localhost:1", to,
	    "udp-listen:127.0.0.1:1", to);
	overlaps(true, "udp-listen::1", to, "udp-listen:127.0.0.1:1", to);
	overlaps(true, "udp-listen:[::1]:1", to, "udp-listen::1", to);
	overlaps(true, "udp-listen::1", to, "udp-listen:localhost:1", to);
	overlaps(true, "udp-listen:0.0.0.0:1", to, "udp-listen:127.0.0.1:1",
	    to);
	overlaps(false, "udp-listen:0.0.0.0:1", to, "udp-listen:[::]:1", to);
	overlaps(false, "udp-listen:0.0.0.0:1", to, "udp-listen:[::1]:1", to);
	overlaps(tcp, "tcp-listen::1", to, "tcp-listen:127.0.0.1:1", to);
	overlaps(true, "tcp-listen::1", to, "tcp-listen:0.0.0.0:1", to);
	overlaps(true, "tun:", "ip-udp::5", "udp-listen:127.0.0.1:5", to);
	overlaps(true, "tun:", "ip-udp:h:6,local=127.0.0.1:5",
	    "udp-listen:127.0.0.1:5", to);
	overlaps(false, "tun:", "ip-udp:h:5", "udp-listen:127.0.0.1:5", to);
	overlaps(true, "tun:x", to, "tcp-listen:127.0.0.1:1", "tun:x");
	overlaps(false, "tun:", to, "tun:", to);
	is_int(make("[tunnel a]\nleft = udp-listen::1\nright = bad\n"
	    "[tunnel b]\nleft = udp-listen::1\nright = udp:h:2\n"), -1,
	    "a tunnel beside a faulty one");
	ok(!s.tunnels[1].faulty, "  has what that one cannot have");
}

/* All wrong keys of a spec are found at once. */
static void
test_specs(void)
{
	is_int(make("[tunnel a]\nleft = udp-listen:127.0.0.1:1,dff=no,df=x\n"
	    "right = tcp:h:1,pool=300,poool=3,mark=none\n"), -1,
	    "specs with wrong keys");
	is_int(s.conf.faults.n, 4, "  four faults");
	ok(strstr(s.conf.faults.at[0].text, "dff") != NULL &&
	    strstr(s.conf.faults.at[1].text, "df: \"x\"") != NULL,
	    "  two of the first");
	ok(s.conf.faults.at[2].line == 3 && s.conf.faults.at[3].line == 3,
	    "  two of the second");
}

/* What the tunnels that a faulty one is beside of are. */
static void
test_faulty(void)
{
	static const char good[] = "left = tun:\nright = udp:h:2\n";
	char text[500];

	snprintf(text, sizeof(text), "[tunnel a]\n%s[tunnel b]\n%sbad\n"
	    "[tunnel c]\n%s[tunel d]\n[tunnel e]\n%sidle = x\n[tunnel f]\n%s",
	    good, good, good, good, good);
	is_int(make(text), -1, "some tunnels are faulty");
	is_int(s.n_tunnels, 5, "five tunnels");
	ok(!s.tunnels[0].faulty, "  the first is good");
	ok(s.tunnels[1].faulty, "  the second has a line without =");
	ok(!s.tunnels[2].faulty, "  the third is good");
	ok(s.tunnels[3].faulty, "  the fourth has a wrong value");
	ok(!s.tunnels[4].faulty, "  the fifth is good");
	ok(!s.process_faulty, "  the rest is good");
	make("[daemon]\nusr = x\n[tunnel a]\n");
	ok(s.process_faulty, "a fault in [daemon] is one of the process");
	make("x = y\n");
	ok(s.process_faulty, "so is one outside of sections");
	make("[daemon]\nbad\n");
	ok(s.process_faulty, "and a line without = in [daemon]");
}

/* A mistake: the line, and words of its fault, remedy included. */
struct mistake {
	unsigned line;
	const char *words;
};

static const char mistakes[] =
    "idle = 60\n"				/* 1 */
    "[daemon]\n"
    "usr = nobody\n"
    "verbosity = loud\n"
    "daemon = maybe\n"				/* 5 */
    "logfile = \"/var/log/adit\n"
    "[defaults]\n"
    "idel = 60\n"
    "right.poool = 3\n"
    "[tunel home]\n"				/* 10 */
    "[tunnel]\n"
    "[tunnel my home]\n"
    "[defaults again]\n"
    "[daemon\n"
    "[tunnel a]\n"				/* 15 */
    "left = udp-listn:127.0.0.1:1\n"
    "rigt = tcp:h:1\n"
    "[tunnel b]\n"
    "left = udp:127.0.0.1:1\n"
    "right = tcp:h:99999\n"			/* 20 */
    "right.pool = 300\n"
    "right.pol = 3\n"
    "right.resolve-once = perhaps\n"
    "pool = 4\n"
    "user = nobody\n"				/* 25 */
    "[tunnel c]\n"
    "left = udp-listen:127.0.0.1:1,dff=yes\n"
    "right = tcp:h:1\n"
    "right.mark = 1\n"
    "right.mark = 2\n"				/* 30 */
    "stale-mode = none\n"
    "allowed-ports = x\n"
    "time-limit = 5m-\n"
    "max-flows 5\n"
    "include = more.conf\n"			/* 35 */
    "[tunnel a]\n"
    "preset = uotp-clint\n"
    "[tunnel d]\n"
    "preset = uotp-client\n"
    "arguments = example.com\n"			/* 40 */
    "pool-siz = 3\n"
    "[tunnel e]\n"
    "preset = uott\n"
    "arguments = clent a:1 b:2\n"
    "[tunnel f]\n"				/* 45 */
    "left = udp-listen:127.0.0.1:1\n"
    "right = udp:h:1\n"
    "packet-stats = yes\n"
    "[tunnel g]\n"
    "preset = uotp-client\n"			/* 50 */
    "arguments = example.com 1\n"
    "no-hostname-check = yes\n"
    "[tunnel h]\n"
    "right = udp:h:1\n"
    "left = tcp-listen:127.0.0.1:1\n"		/* 55 */
    "left.proxy-protocol = 10.0.0.0/33\n"
    "[tunnel i]\n"
    "left = tls-listen::443\n"
    "right = udp:h:1\n"
    "[tunnel j]\n"				/* 60 */
    "left = udp-listen:127.0.0.1:1\n"
    "right = dtls:h:2\n"
    "right.ciphers = RC4\n"
    "[tunnel k]\n"
    "left = udp-listen:127.0.0.1:1\n"		/* 65 */
    "right = dtls:h:2,psk=xyz\n"
    "[tunnel l]\n"
    "left = dtls-listen::1\n"
    "right = udp:h:2\n"
    "[tunnel m]\n"				/* 70 */
    "left = udp-listen:127.0.0.1:1\n"
    "right = tls:h:1\n"
    "right.no-name-check = yes\n"
    "[tunnel n]\n"
    "left = udp-listen:127.0.0.1:1\n"		/* 75 */
    "right = uott:h:1\n"
    "right.cafile = x\n"
    "[tunnel o]\n"
    "left = tun:adit0\n"
    "left.peer = 10.0.0.1\n"			/* 80 */
    "right = ip-udp:\n"
    "right.heartbeat = 5\n"
    "[tunnel p]\n"
    "left = uott-listen::1,tls\n"
    "right = tun:adit1\n"			/* 85 */
    "right.mtu = 60\n"
    "[tunnel q]\n"
    "left = uott-listen::1\n"
    "left.tls = yes\n"
    "right = tun:\n"				/* 90 */
    "right.addr = 10.0.0.1/24\n"
    "right.addr = 10.0.0.1/16\n"
    "[tunnel r]\n"
    "left = tls-lsten::443\n"
    "left.proxy-protocol = 10.0.0.0/8\n"		/* 95 */
    "left.proxy-protocol = 10.1.0.0/16\n"
    "right = udp:h:1\n";

static const struct mistake expected[] = {
	{ 1, "idle: it is in no section: write [tunnel NAME], [defaults] or "
	    "[daemon] above it" },
	{ 3, "usr: no such key; did you mean user?" },
	{ 4, "verbosity: \"loud\" is not one of fatal, error" },
	{ 5, "daemon: \"maybe\" is neither yes nor no" },
	{ 6, "the quotes are not closed" },
	{ 8, "idel: no such key; did you mean idle?" },
	{ 9, "right.poool: no end has such a key; did you mean pool?" },
	{ 10, "[tunel]: no such section; did you mean [tunnel NAME]?" },
	{ 11, "[tunnel]: the name is missing: write [tunnel NAME]" },
	{ 12, "[tunnel my home]: a name has 1 to 48 letters" },
	{ 13, "[defaults]: this section has no name: write [defaults]" },
	{ 14, "the ] is missing" },
	{ 15, "right = KIND:ADDRESS is missing" },
	{ 16, "no end of this kind; did you mean udp-listen?" },
	{ 17, "rigt: no such key; did you mean right?" },
	{ 19, "this end can only be RIGHT" },
	{ 20, "\"tcp:h:99999\": the port" },
	{ 21, "right.pool: \"300\" is not in 1 to 256" },
	{ 22, "right.pol: no such key; did you mean pool?" },
	{ 23, "right.resolve-once: \"perhaps\" is neither yes nor no" },
	{ 24, "pool: this is a key of an end: write left.pool or right.pool" },
	{ 25, "user: this belongs to the process: write it in [daemon]" },
	{ 27, "left.dff: no such key; did you mean df?" },
	{ 30, "right.mark: is set already, in line 29" },
	{ 31, "stale-mode: \"none\" is not one of both, either" },
	{ 32, "allowed-ports: \"x\": is no list of ports, like 22,80" },
	{ 33, "time-limit: \"5m-\": is no time, like 600" },
	{ 34, "a line is KEY = VALUE, or [tunnel NAME]" },
	{ 35, "include: write this above the first section, or in [daemon]" },
	{ 36, "there already, in line 15 of f; give each tunnel a name" },
	{ 37, "no such preset in this build; did you mean uotp-client?" },
	{ 41, "pool-siz: no such key; did you mean pool-size?" },
	{ 44, "the first argument must be proxy or client" },
	{ 48, "packet-stats looks at IP packets: one of the ends must be" },
	{ 51, "no-hostname-check is only safe together with cafile" },
	{ 56, "left.proxy-protocol: \"10.0.0.0/33\"" },
	{ 58, "a certificate is needed: cert and key" },
	{ 63, "ciphers: \"RC4\" is no cipher suite of ours; there are:" },
	{ 66, "psk: the key is not hexadecimal: only 0-9 and a-f" },
	{ 68, "a key is needed: psk-file=FILE, or psk=HEX" },
	{ 73, "no-name-check is only safe together with cafile" },
	{ 77, "cafile goes with tls, which is not set" },
	{ 80, "peer=10.0.0.1: there is no addr that it could be" },
	{ 82, "a heartbeat goes with a host that it is sent to" },
	{ 86, "right.mtu: \"60\": is no MTU from 68 to 65535" },
	{ 88, "a certificate is needed: cert and key" },
	{ 91, "addr=10.0.0.1 is given twice" },
	{ 94, "no end of this kind; did you mean tls-listen?" },
};

static void
test_mistakes(void)
{
	const struct faults *faults = &s.conf.faults;
	size_t n = sizeof(expected) / sizeof(expected[0]), i;

	is_int(make(mistakes), -1, "a file of many mistakes");
	if (!ok(faults->n == n, "  all are found: %lu", (unsigned long)n))
		for (i = 0; i < faults->n; i++)
			printf("# %s\n", faults->at[i].text);
	for (i = 0; i < n && i < faults->n; i++) {
		is_int(faults->at[i].line, expected[i].line, "  line %u",
		    expected[i].line);
		if (!ok(strstr(faults->at[i].text, expected[i].words) != NULL,
		    "  %s", expected[i].words))
			printf("# %s\n", faults->at[i].text);
	}
}

static void
test_print(void)
{
	struct setup again = { .n_tunnels = 0 };
	char text[16384];
	FILE *f = fopen(FILE_NAME, "w");
	size_t n, i;

	must(f != NULL);
	fputs("[daemon]\nuser = u\nstrict = yes\n[defaults]\nidle = 300\n"
	    "[tunnel a]\nleft = udp-listen:127.0.0.1:1\nright = tcp:h:443\n"
	    "right.pool = 3\n[tunnel b]\npreset = uott\n"
	    "arguments = client :2 h:2\n", f);
	fclose(f);
	setup_free(&s);
	is_int(setup_read(&s, FILE_NAME), 0, "a file is read");
	f = tmpfile();
	must(f != NULL);
	setup_print(&s, f);
	rewind(f);
	n = fread(text, 1, sizeof(text), f);
	must(n < sizeof(text));
	fclose(f);
	conf_parse(&again.conf, "g", text, n, false);
	is_int(setup_make(&again), 0, "what is printed is read");
	is_int(again.n_tunnels, 2, "  with both tunnels");
	for (i = 0; i < 2 && i < again.n_tunnels; i++)
		is_int(plan_compare(&s.tunnels[i].plan, &again.tunnels[i].plan,
		    NULL, NULL), 0, "  of the same plan");
	is_str(again.process.daemon.user, "u", "  and of the same process");
	setup_free(&again);
	f = fopen(FILE_NAME, "w");
	must(f != NULL);
	fclose(f);
	setup_free(&s);
	is_int(setup_read(&s, FILE_NAME), -1, "a file without tunnels is a "
	    "fault");
	remove(FILE_NAME);
}

int
main(void)
{
	test_tunnels();
	test_defaults();
	test_process();
	test_presets();
	test_secrets();
	test_faulty();
	test_overlaps();
	test_specs();
	test_mistakes();
	test_print();
	setup_free(&s);
	return done_testing();
}
