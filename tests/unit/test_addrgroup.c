/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/addrgroup.h: groups of endpoints, read and picked from.
 */

#include "compat.h"

#include "base/addrgroup.h"
#include "base/bytes.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is written, what group_text() makes of it, and how many endpoints. */
static const struct {
	const char *text, *again;
	uint64_t count;
} good[] = {
	/* One HOST:PORT. */
	{ "example.com:443", "example.com:443", 1 },
	{ "10.0.0.1:80", "10.0.0.1:80", 1 },
	{ "[::1]:80", "[::1]:80", 1 },
	{ "[FE80::1%2]:80", "[fe80::1%2]:80", 1 },
	{ "[fe80::1%eth0]:80", "[fe80::1%eth0]:80", 1 },
	{ "10.0.0.1-9:80", "10.0.0.1-9:80", 1 },
	{ ":80", ":80", 1 }, { "127.0.0.1:0", "127.0.0.1:0", 1 },
	/* Braces. */
	{ "{a:1}", "a:1", 1 },
	{ "{a,b:1}", "{a,b:1}", 2 },
	{ "{a:1,b:2}", "{a:1,b:2}", 2 },
	{ "{a:1,b:1}", "{a,b:1}", 2 },
	{ "{a,b}:1", "{a,b:1}", 2 },
	{ "{a,b}:1-3", "{a,b:1-3}", 6 },
	{ "{a,b:1,c,d:2}", "{a,b:1,c,d:2}", 4 },
	{ "{a,10.0.0.1,::1:5}", "{a,10.0.0.1,[::1]:5}", 3 },
	{ "{a:1,a:1}", "{a,a:1}", 2 },
	{ "{10.0.0.0/24,10.1.0.1..10.1.0.9:2000-3000}",
	    "{10.0.0.0/24,10.1.0.1..10.1.0.9:2000-3000}", 265 * 1001 },
	/* Several. */
	{ "{a:1}+{b:1}", "a:1+b:1", 2 },
	{ "a:1+b:2+{c,d:3-4}", "a:1+b:2+{c,d:3-4}", 6 },
	{ "{a,b}:1+[::1]:2+{c,d:3}", "{a,b:1}+[::1]:2+{c,d:3}", 5 },
	/* Ports. */
	{ "{a:65535}", "a:65535", 1 }, { "{a:00080}", "a:80", 1 },
	{ "{a:9-7}", "{a:7-9}", 3 }, { "{a:7-7}", "a:7", 1 },
	{ "{a:0-65535}", "{a:1-65535}", 65535 },
	{ "{a:1-0}", "a:1", 1 },
	/* Prefixes are masked. */
	{ "{10.1.2.3/8:1}", "{10.0.0.0/8:1}", 1 << 24 },
	{ "{255.255.255.255/31:1}", "{255.255.255.254/31:1}", 2 },
	{ "{10.1.2.3/32:1}", "{10.1.2.3/32:1}", 1 },
	{ "{10.255.0.0/9:1}", "{10.128.0.0/9:1}", 1 << 23 },
	{ "{1.2.3.4/0:1-65535}", "{0.0.0.0/0:1-65535}",
	    (uint64_t)65535 << 32 },
	{ "{2001:db8::ffff/113:7-9}", "{[2001:db8::8000]/113:7-9}",
	    3 * 32768 },
	{ "{[2001:db8::1]/64:7-9}", "{[2001:db8::]/64:7-9}", UINT64_MAX },
	{ "{[2001:db8::1/65]:1}", "{[2001:db8::]/65:1}",
	    (uint64_t)1 << 63 },
	{ "{ffff::/0:1}", "{[::]/0:1}", UINT64_MAX },
	{ "{::/65,::/65:1}", "{[::]/65,[::]/65:1}", UINT64_MAX },
	{ "{::/0,::/0,0.0.0.0/0:1}", "{[::]/0,[::]/0,0.0.0.0/0:1}",
	    UINT64_MAX },
	{ "{::1/128:1}", "{[::1]/128:1}", 1 },
	/* Ranges, also across a sign bit and from one word to the next. */
	{ "{10.0.0.9..10.0.0.1:1}", "{10.0.0.1..10.0.0.9:1}", 9 },
	{ "{10.0.0.1-10.0.0.9:1}", "{10.0.0.1..10.0.0.9:1}", 9 },
	{ "{10.0.0.1..10.0.0.1:1}", "10.0.0.1:1", 1 },
	{ "{127.255.255.254..128.0.0.1:1}",
	    "{127.255.255.254..128.0.0.1:1}", 4 },
	{ "{0.0.0.0..255.255.255.255:1}", "{0.0.0.0..255.255.255.255:1}",
	    (uint64_t)1 << 32 },
	{ "{::1..::3:7}", "{[::1]..[::3]:7}", 3 },
	{ "{::3-::1:7}", "{[::1]..[::3]:7}", 3 },
	{ "{[::1]..[::3]:7}", "{[::1]..[::3]:7}", 3 },
	{ "{[::1]-[::3]:7}", "{[::1]..[::3]:7}", 3 },
	{ "{[::1..::3]:7}", "{[::1]..[::3]:7}", 3 },
	{ "{::1..::3,b}:7", "{[::1]..[::3],b:7}", 4 },
	{ "{::7fff:ffff:ffff:fffe..::8000:0:0:1}:1",
	    "{[::7fff:ffff:ffff:fffe]..[::8000:0:0:1]:1}", 4 },
	{ "{::ffff:ffff:ffff:fffe..0:0:0:1::1}:1",
	    "{[::ffff:ffff:ffff:fffe]..[::1:0:0:0:1]:1}", 4 },
	{ "{7fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe..8000::1}:1",
	    "{[7fff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]..[8000::1]:1}", 4 },
	{ "{::..ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:1}",
	    "{[::]..[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1}",
	    UINT64_MAX },
	{ "{::2..::ffff:ffff:ffff:ffff:1}",
	    "{[::2]..[::ffff:ffff:ffff:ffff]:1}", UINT64_MAX - 1 },
	/* Colons of IPv6, and whose they are. */
	{ "{::1,::2:443}", "{[::1],[::2]:443}", 2 },
	{ "{[::1]:80,[::2]:81}", "{[::1]:80,[::2]:81}", 2 },
	{ "{::1,::2}:443", "{[::1],[::2]:443}", 2 },
	{ "{::ffff:10.0.0.1}:4", "[::ffff:10.0.0.1]:4", 1 },
	{ "{fe80::1%2,fe80::1%eth-0:4}", "{[fe80::1%2],[fe80::1%eth-0]:4}",
	    2 },
	/* Names are no ranges. */
	{ "{my-host,1.2.3.4-x.example:1}", "{my-host,1.2.3.4-x.example:1}",
	    2 },
	{ "{10.0.0.1-b,b-10.0.0.1:1}", "{10.0.0.1-b,b-10.0.0.1:1}", 2 },
};

/* What is refused, and words of what is said against it. */
static const struct {
	const char *text, *where, *why;
} bad[] = {
	{ "", "", "a host is missing" },
	{ "example.com", "", "a port is missing" },
	{ "::1", "", "[ADDRESS]:PORT" },
	{ "a:b:80", "", "only IPv6" },
	{ "a,b:80", "", "braces must enclose" },
	{ "a}:80", "", "braces must enclose" },
	{ "a{b:80}", "", "braces must enclose" },
	{ "10.0.0.0/24:80", "", "must be in braces" },
	{ "10.0.0.1..10.0.0.9:80", "", "must be in braces" },
	{ "a:80-90", "", "range of ports must be in braces" },
	{ "a:65536", "", "0 to 65535" },
	{ "{", "character 1 ", "} is missing" },
	{ "a:1+{b:1", "character 5 of the address, \"{\"", "} is missing" },
	{ "{}", "character 2 ", "an address is missing" },
	{ "{}:80", "character 2 ", "an address is missing" },
	{ "{:80}", "character 2 ", "an address is missing" },
	{ "{a,:80}", "character 4 ", "an address is missing" },
	{ "{a,,b:80}", "character 4 ", "an address is missing" },
	{ "{,a:80}", "character 2 ", "an address is missing" },
	{ "{a,}:80", "character 4 ", "an address is missing" },
	{ "{a}", "character 2 of the address, \"a\"", "a port is missing" },
	{ "{a:1,bc}", "character 6 of the address, \"bc\"",
	    "a port is missing" },
	{ "{[::1]}", "character 2 ", "a port is missing" },
	{ "{a:}", "character 4 ", "a port is missing" },
	{ "{a}:", "character 5 ", "a port is missing" },
	{ "{a:1,b}:2", "character 3 of the address, \":1\"", "not both" },
	{ "{[::1]:1}:2", "character 7 ", "not both" },
	{ "{a:x}", "character 4 of the address, \"x\"", "PORT-PORT" },
	{ "{a:1-}", "\"1-\"", "PORT-PORT" },
	{ "{a:-1}", "\"-1\"", "PORT-PORT" },
	{ "{a:1-2-3}", "\"1-2-3\"", "PORT-PORT" },
	{ "{a:1..2}", "", "PORT-PORT" },
	{ "{a:65536}", "", "65535" }, { "{a:1-65536}", "", "65535" },
	{ "{a:000080}", "", "PORT-PORT" }, { "{a:+1}", "", "PORT-PORT" },
	{ "{a: 1}", "", "PORT-PORT" },
	{ "{a:0}", "character 4 of the address, \"0\"", "port 0" },
	{ "{a:0-0}", "", "port 0" },
	{ "a:0+b:1", "character 1 of the address, \"a:0\"", "port 0" },
	{ ":80+b:1", "character 1 ", "a host is missing" },
	{ "a:1+", "character 5 ", "a host is missing" },
	{ "+a:1", "character 1 ", "a host is missing" },
	{ "{a:1}{b:1}", "character 6 of the address, \"{b:1}\"",
	    "the next group" },
	{ "{a:1}x", "character 6 ", "the next group" },
	{ "{a:1},", "character 6 ", "the next group" },
	{ "{{a:1}}", "character 2 ", "braces" },
	{ "{a+b:1}", "character 2 of the address, \"a+b\"", "braces and +" },
	{ "{10.0.0.256:1}", "\"10.0.0.256\"", "no IPv4" },
	{ "{010.0.0.1:1}", "", "no IPv4" }, { "{10.1:1}", "", "no IPv4" },
	{ "{10.0.0.1-9:1}", "\"10.0.0.1-9\"", "FIRST..LAST" },
	{ "{10.0.0.1-10.0.0.256:1}", "", "FIRST..LAST" },
	{ "{10.0.0.1..9:1}", "\"10.0.0.1..9\"", "10.0.0.1..10.0.0.9" },
	{ "{10.0.0.1...10.0.0.9:1}", "", "prefixes and ranges" },
	{ "{..:1}", "", "prefixes and ranges" },
	{ "{a..b:1}", "\"a..b\"", "prefixes and ranges" },
	{ "{10.0.0.1..::1:1}", "", "both IPv6" },
	{ "{::1-10.0.0.1:1}", "", "both IPv6" },
	{ "{a/24:1}", "\"a/24\"", "prefixes and ranges" },
	{ "{10.0.0.0/33:1}", "", "0 to 32 bits" },
	{ "{10.0.0.0/:1}", "", "0 to 32 bits" },
	{ "{10.0.0.0/-1:1}", "", "0 to 32 bits" },
	{ "{10.0.0.0/8/8:1}", "", "0 to 32 bits" },
	{ "{10.0.0.0/255.0.0.0:1}", "", "0 to 32 bits" },
	{ "{::/129:1}", "", "0 to 128 bits" },
	{ "{[::]/x:1}", "", "0 to 128 bits" },
	{ "{10.0.0.0/8..10.0.0.9:1}", "", "0 to 32 bits" },
	{ "{/8:1}", "", "prefixes and ranges" },
	{ "{fe80::%2/64:1}", "", "zone" },
	{ "{fe80::1%2..fe80::3:1}", "", "zone" },
	{ "{fe80::1..fe80::3%2:1}", "", "zone" },
	{ "{2001:db8::1}", "\"2001:db8:\"", "no IPv6" },
	{ "{1:2,b:1}", "character 2 of the address, \"1\"", "no IPv4" },
	{ "{::x,b:1}", "\"::x\"", "no IPv6" },
	{ "{[::1:1}", "\"[::1:1\"", "brackets" },
	{ "{::1]:1}", "\"::1]\"", "brackets" },
	{ "{[a]:1}", "\"[a]\"", "brackets" },
	{ "{[10.0.0.1]:1}", "", "brackets" },
	{ "{[]:1}", "", "brackets" },
	{ "{a b:1}", "\"a b\"", "no name has" },
	{ "{a@b:1}", "", "no name has" },
	{ "{a\nb:1}", "\"a\\x0ab\"", "no name has" },
};

/* Spelled as dtlspipe does. */
static const char *const old[][2] = {
	{ "a:1", "a:1" }, { "a,b:1-2", "{a,b:1-2}" },
	{ "::1:40000", "[::1]:40000" }, { "[::1]:4", "[::1]:4" },
	{ "::1..::3:7", "{[::1]..[::3]:7}" },
	{ "2001:db8::/64:7-9", "{[2001:db8::]/64:7-9}" },
	{ "192.0.2.0/24,192.0.2.1-192.0.2.9,example.org:50000-20000",
	    "{192.0.2.0/24,192.0.2.1..192.0.2.9,example.org:20000-50000}" },
	{ "a:0-65535", "{a:1-65535}" },
};

/* A generator that is the same on all machines (SplitMix64). */
static void
draw(void *arg, void *bytes, size_t n)
{
	uint64_t *state = arg, v;
	uint8_t *p = bytes;

	for (; n > 0; n -= 8, p += 8) {
		v = *state += UINT64_C(0x9e3779b97f4a7c15);
		v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
		put_be64(p, v ^ v >> 31);
	}
}

/* Numbers that were written down, the last again and again; how many were
 * drawn. */
struct script {
	const uint64_t (*number)[3];
	size_t n, drawn;
};

static void
draw_script(void *arg, void *bytes, size_t n)
{
	struct script *s = arg;
	const uint64_t *number =
	    s->number[s->drawn < s->n ? s->drawn : s->n - 1];

	s->drawn++;
	if (n != GROUP_RANDOM)
		return;
	put_be64(bytes, number[0]);
	put_be64((uint8_t *)bytes + 8, number[1]);
	put_be64((uint8_t *)bytes + 16, number[2]);
}

/* A group that the tests rely on. */
static struct addrgroup *
parse(const char *text)
{
	struct addrgroup *g;
	char why[GROUP_WHY];

	if (group_parse(&g, text, why) != 0) {
		ok(false, "%s: %s", text, why);
		exit(1);
	}
	return g;
}

/* The text of an endpoint. */
static const char *
endpoint_words(const struct endpoint *e, char text[HOST_TEXT + 16])
{
	struct hostport hp;

	endpoint_hostport(e, &hp);
	return hostport_text(&hp, text);
}

/* Texts are read, and written so that they are read again. */
static void
test_good(void)
{
	char text[400], why[GROUP_WHY];
	struct addrgroup *g, *again;
	size_t i;

	for (i = 0; i < COUNT(good); i++) {
		why[0] = '\0';
		if (group_parse(&g, good[i].text, why) != 0) {
			ok(false, "%s: %s", good[i].text, why);
			continue;
		}
		is_str(group_text(g, text, sizeof(text)), good[i].again,
		    "%s is %s", good[i].text, good[i].again);
		ok(group_count(g) == good[i].count &&
		    group_is_single(g) == (good[i].count == 1),
		    "with so many endpoints");
		again = parse(text);
		is_str(group_text(again, text, sizeof(text)), good[i].again,
		    "and is read again");
		group_free(again);
		group_free(g);
	}
	g = parse("{a,b:1}");
	is_str(group_text(g, text, 7), "{a,...", "what is cut shows it");
	group_free(g);
	group_free(NULL);
}

/* What is wrong is said, and where. */
static void
test_bad(void)
{
	char why[GROUP_WHY];
	struct addrgroup *g;
	size_t i;
	int result;

	for (i = 0; i < COUNT(bad); i++) {
		why[0] = '\0';
		result = group_parse(&g, bad[i].text, why);
		ok(result == -1 && g == NULL &&
		    strstr(why, bad[i].where) != NULL &&
		    strstr(why, bad[i].why) != NULL, "%lu %s", (unsigned long)i,
		    why);
		if (result == 0)
			group_free(g);
	}
}

/* There are bounds. */
static void
test_bounds(void)
{
	char text[GROUP_TERMS * 2 + 10] = "{", why[GROUP_WHY];
	struct addrgroup *g;
	size_t i;

	for (i = 0; i <= GROUP_TERMS; i++)
		memcpy(text + 1 + 2 * i, "a,", 2);
	memcpy(text + 2 * i, ":1}", 4);
	is_int(group_parse(&g, text, why), -1, "there are too many items");
	ok(strstr(why, "too many") != NULL, "%s", why);
	memcpy(text + 2 * i - 2, ":1}", 4);
	is_int(group_parse(&g, text, why), 0, "one less will do");
	is_int(group_count(g), GROUP_TERMS, "they are all there");
	group_free(g);
	for (i = 0; i <= GROUP_GROUPS; i++)
		memcpy(text + 4 * i, "a:1+", 4);
	text[4 * i - 1] = '\0';
	is_int(group_parse(&g, text, why), -1, "there are too many groups");
	ok(strstr(why, "too many") != NULL, "%s", why);
	text[4 * i - 5] = '\0';
	is_int(group_parse(&g, text, why), 0, "one less will do");
	is_int(group_add(&g, "b:1", why), -1, "none can be added then");
	is_int(group_count(g), GROUP_GROUPS, "it is as it was");
	group_free(g);
	memset(text, 'a', 400);
	strlcpy(text + 400, ":1", 4);
	is_int(group_parse(&g, text, why), -1, "a long name");
	ok(strstr(why, "too long") != NULL, "%s", why);
	text[0] = '{';
	strlcpy(text + 400, ":1}", 4);
	is_int(group_parse(&g, text, why), -1, "a long name in braces");
	ok(strstr(why, "too long") != NULL, "%s", why);
	strlcpy(text + 300, ":1}", 4);
	is_int(group_parse(&g, text, why), -1, "a name that is just too long");
	ok(strstr(why, "too long") != NULL, "%s", why);
	strlcpy(text + 256, ":1}", 4);
	is_int(group_parse(&g, text, why), 0, "the longest name");
	group_free(g);
}

/* Groups of dtlspipe. */
static void
test_old(void)
{
	struct addrgroup *g = NULL;
	char text[100], why[GROUP_WHY];
	size_t i;

	for (i = 0; i < COUNT(old); i++) {
		g = NULL;
		why[0] = '\0';
		ok(group_add(&g, old[i][0], why) == 0, "%s: %s", old[i][0],
		    why);
		is_str(g == NULL ? NULL : group_text(g, text, sizeof(text)),
		    old[i][1], "is %s", old[i][1]);
		group_free(g);
	}
	g = NULL;
	is_int(group_add(&g, "a,b", why), -1, "no port");
	ok(g == NULL && strstr(why, "a port is missing") != NULL, "%s", why);
	is_int(group_add(&g, "", why), -1, "nothing");
	is_int(group_add(&g, "{a:1}", why), -1, "no braces there");
	is_int(group_add(&g, "a:1", why), 0, "a first group");
	is_int(group_add(&g, "b,c:2", why), 0, "a second");
	is_int(group_add(&g, "d,e/9:2", why), -1, "something that is none");
	is_str(group_text(g, text, sizeof(text)), "a:1+{b,c:2}",
	    "those that are there stay");
	group_free(g);
}

/* Picks an endpoint while none has failed. */
static void
pick_any(const struct addrgroup *g, group_random_fn *fn, void *arg,
    struct endpoint *picked)
{
	struct group_failed none = { 0 };

	(void)group_pick_other(g, &none, 0, fn, arg, picked);
}

/* Picks n times; the endpoint of rank i of text[] is picked share[i] times of
 * all shares.  Chi-square must be less than most. */
static void
check_shares(const char *group, const char *const *text, const unsigned *share,
    size_t n_text, unsigned long most)
{
	enum { PICKS = 60000 };
	unsigned long count[16] = { 0 }, other = 0, shares = 0, want, d, i;
	struct addrgroup *g = parse(group);
	char words[HOST_TEXT + 16];
	uint64_t state = 1, chi = 0;
	struct endpoint e;
	size_t k;

	for (i = 0; i < PICKS; i++) {
		pick_any(g, draw, &state, &e);
		endpoint_words(&e, words);
		for (k = 0; k < n_text && strcmp(words, text[k]) != 0; k++)
			;
		if (k < n_text)
			count[k]++;
		else
			other++;
	}
	for (k = 0; k < n_text; k++)
		shares += share[k];
	/* In thousandths. */
	for (k = 0; k < n_text; k++) {
		want = PICKS * share[k] / shares;
		d = count[k] > want ? count[k] - want : want - count[k];
		chi += (uint64_t)d * d * 1000 / want;
	}
	ok(other == 0, "%s: nothing else is picked", group);
	ok(chi < (uint64_t)most * 1000, "and each as often as it should be");
	if (chi >= (uint64_t)most * 1000)
		printf("# chi-square is %lu.%03lu, which is above %lu\n",
		    (unsigned long)(chi / 1000), (unsigned long)(chi % 1000),
		    most);
	group_free(g);
}

/* Each group alike, then each address, then each port.  The bounds are what
 * chance exceeds once in a thousand times. */
static void
test_shares(void)
{
	static const char *const one[] = { "10.0.0.0:1", "10.0.0.1:1",
	    "10.0.0.2:1", "10.0.0.3:1", "192.0.2.7:1", "name:1" };
	static const unsigned ones[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	static const char *const groups[] = { "a:1", "b:1", "c:1", "d:1",
	    "[::1]:5", "[::1]:6", "[::2]:5", "[::2]:6", "[::3]:5",
	    "[::3]:6" };
	static const unsigned group_shares[] = { 6, 2, 2, 2, 1, 1, 1, 1, 1,
	    1 };
	static const char *const ports[] = { "a:65533", "a:65534", "a:65535",
	    "b:1" };
	static const unsigned port_shares[] = { 1, 1, 1, 3 };
	static const char *const twice[] = { "a:1", "b:1" };
	static const unsigned twice_shares[] = { 2, 1 };
	static const char *const sign[] = { "127.255.255.254:1",
	    "127.255.255.255:1", "128.0.0.0:1", "128.0.0.1:1",
	    "128.0.0.2:1" };
	static const char *const words[] = {
	    "[7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1", "[8000::]:1",
	    "[8000::1]:1" };
	static const char *const carry[] = {
	    "[::ffff:ffff:ffff:fffe]:1", "[::ffff:ffff:ffff:ffff]:1",
	    "[0:0:0:1::]:1", "[::1:0:0:0:1]:1", "[::1:0:0:0:2]:1" };

	check_shares("{10.0.0.0/30,192.0.2.7,name:1}", one, ones, 6, 21);
	check_shares("{a:1}+{b,c,d:1}+{::1..::3:5-6}", groups, group_shares,
	    10, 28);
	check_shares("{a:65533-65535,b:1}", ports, port_shares, 4, 17);
	check_shares("{a,b,a:1}", twice, twice_shares, 2, 11);
	check_shares("a:1+b:1+{a,a:1}", twice, twice_shares, 2, 11);
	check_shares("{127.255.255.254..128.0.0.2:1}", sign, ones, 5, 19);
	check_shares("{7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff..8000::1:1}",
	    words, ones, 3, 14);
	check_shares("{::ffff:ffff:ffff:fffe..0:0:0:1::2:1}", carry, ones, 5,
	    19);
}

/* Large sets: each of the 128 bits is set in half of the addresses. */
static void
test_bits(void)
{
	enum { PICKS = 20000 };
	unsigned long set[128] = { 0 }, i, few = PICKS, many = 0, v4 = 0;
	struct addrgroup *g = parse("{::/0,0.0.0.0/0:1}");
	uint64_t state = 2;
	struct endpoint e;
	unsigned k;

	for (i = 0; i < PICKS; i++) {
		pick_any(g, draw, &state, &e);
		v4 += e.addr.family == 4;
		for (k = 0; k < 128; k++)
			set[k] += e.addr.ip[k / 8] >> k % 8 & 1;
	}
	for (k = 0; k < 128; k++) {
		few = set[k] < few ? set[k] : few;
		many = set[k] > many ? set[k] : many;
	}
	/* Five times the standard deviation, which is 71. */
	ok(few > PICKS / 2 - 355 && many < PICKS / 2 + 355,
	    "::/0: each bit is set in half of the picks (%lu to %lu)", few,
	    many);
	is_int(v4, 0, "where it stands, 2^32 others are never picked");
	group_free(g);
	/* 3 * 2^126 addresses, the last quarter of them in the second item. */
	g = parse("{::/1,8000::/2:1}");
	for (i = v4 = many = 0; i < PICKS; i++) {
		pick_any(g, draw, &state, &e);
		v4 += e.addr.ip[0] >> 7;
		many += e.addr.ip[0] >> 6 == 3;
	}
	ok(v4 > PICKS / 3 - 333 && v4 < PICKS / 3 + 333,
	    "::/1 is picked twice as often as 8000::/2 (%lu)", v4);
	is_int(many, 0, "and never what is in neither");
	group_free(g);
}

/* What a script of numbers picks. */
static void
check_script(const char *group, const uint64_t (*number)[3], size_t n,
    const char *want, size_t drawn)
{
	struct script s = { number, n, 0 };
	struct addrgroup *g = parse(group);
	char text[HOST_TEXT + 16];
	struct endpoint e;

	pick_any(g, draw_script, &s, &e);
	is_str(endpoint_words(&e, text), want, "%s: %s", group, want);
	is_int(s.drawn, drawn, "for which %lu numbers were drawn",
	    (unsigned long)drawn);
	group_free(g);
}

/* The first and the last of a set can be picked, and no other number. */
static void
test_edges(void)
{
	static const uint64_t zero[][3] = { { 0, 0, 0 } };
	static const uint64_t ones[][3] = {
	    { UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	static const uint64_t third[][3] = { { 0, 0, 3 }, { 0, 0, 3 },
	    { 0, 0, 2 } };
	static const uint64_t top[][3] = { { 1, 0, 1 }, { 1, 0, 0 } };
	static const uint64_t high[][3] = { { 9, UINT64_MAX - 1, 7 } };
	static const uint64_t group[][3] = { { 0, 0, 1 },
	    { 5, 5, 0xffff }, { 0, 0, 0xfffe } };

	check_script("name:1", zero, 1, "name:1", 0);
	check_script("{::/0:1}", zero, 1, "[::]:1", 1);
	check_script("{::/0:1}", ones, 1,
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1", 1);
	check_script("{::/0:1}", high, 1,
	    "[ffff:ffff:ffff:fffe::7]:1", 1);
	check_script("{0.0.0.0/0:1}", ones, 1, "255.255.255.255:1", 1);
	check_script("{10.0.0.1..10.0.0.3:1}", third, 3, "10.0.0.3:1", 3);
	/* 2^128 is the 129th bit: the item behind all of IPv6. */
	check_script("{::/0,10.0.0.1:1}", top, 2, "10.0.0.1:1", 2);
	check_script("{a,b,c:1}", ones, 1, "a:1", 128);
	check_script("a:1+{b:1-65535}", group, 3, "b:65535", 3);
	check_script("a:1+{b:2-65535,b:1}", group, 2, "b:1", 2);
}

/* The same numbers pick the same on every machine. */
static void
test_sequence(void)
{
	static const char *const want[] = {
		"192.0.2.7:7", "[2001:db8:17d4:7acc:b63e:2d8f:305c:487f]:1092",
		"name:7", "192.0.2.4:7",
		"[2001:db8:16a6:dc9e:af2f:2636:2f3:2032]:1223",
		"[2001:db8:d8c:1397:602a:e8c:f5ba:fe7b]:1801",
		"192.0.2.5:7", "192.0.2.7:7",
	};
	struct addrgroup *g = parse("{2001:db8::/35,10.0.0.0/8:1000-1999}+"
	    "{192.0.2.0/28,name:7}");
	char text[HOST_TEXT + 16];
	uint64_t state = 3;
	struct endpoint e;
	size_t i;

	for (i = 0; i < COUNT(want); i++) {
		pick_any(g, draw, &state, &e);
		is_str(endpoint_words(&e, text), want[i], "%s", want[i]);
	}
	group_free(g);
}

/* What does not answer is left for another. */
static void
test_fail_over(void)
{
	struct group_failed failed = { 0 };
	struct addrgroup *g = parse("{a,b:1}");
	char text[HOST_TEXT + 16];
	unsigned long i, n_b = 0;
	struct endpoint e, f;
	uint64_t state = 4;

	ok(group_pick_other(g, &failed, 0, draw, &state, &e),
	    "nothing failed yet");
	do
		pick_any(g, draw, &state, &e);
	while (strcmp(e.name, "a") != 0);
	group_fail(&failed, &e, 1000);
	for (i = 0; i < 1000; i++)
		n_b += group_pick_other(g, &failed, 2000, draw, &state, &f) &&
		    strcmp(f.name, "b") == 0;
	is_int(n_b, 1000, "what failed is left for the other");
	group_fail(&failed, &f, 3000);
	ok(!group_pick_other(g, &failed, 3000, draw, &state, &f),
	    "when all failed there is no other");
	is_str(f.name, "a", "then it is the first that failed");
	group_fail(&failed, &f, 4000);
	group_pick_other(g, &failed, 4000, draw, &state, &f);
	is_str(f.name, "b", "and they take turns");
	ok(group_pick_other(g, &failed, 3000 + GROUP_REMEMBER_MS, draw, &state,
	    &f), "after a while it is forgotten that it failed");
	is_str(f.name, "b", "first by the one that failed first");
	ok(group_recover(&failed, &f), "one that answers is good again");
	ok(!group_recover(&failed, &f), "which is news but once");
	ok(group_pick_other(g, &failed, 4000, draw, &state, &e) &&
	    endpoint_same(&e, &f), "and is picked");
	group_free(g);

	g = parse("example.com:443");
	memset(&failed, 0, sizeof(failed));
	ok(group_pick_other(g, &failed, 0, draw, &state, &e), "a single one");
	group_fail(&failed, &e, 0);
	ok(!group_pick_other(g, &failed, 0, draw, &state, &e),
	    "is picked although it failed");
	is_str(endpoint_words(&e, text), "example.com:443", "for want of more");
	group_free(g);
}

/* The one that is left is found, however rare it is. */
static void
test_fail_over_rare(void)
{
	struct addrgroup *g = parse("{a,a,A,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,"
	    "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,"
	    "10.0.0.1..10.0.0.3,b:1}");
	struct group_failed failed = { 0 };
	static const uint64_t zero[][3] = { { 0, 0, 0 } };
	struct script s = { zero, 1, 0 };
	struct endpoint e, first;
	unsigned i;

	pick_any(g, draw_script, &s, &first);
	for (i = 0; i < 4; i++) {
		ok(group_pick_other(g, &failed, 0, draw_script, &s, &e),
		    "%u failed, and there is another", i);
		group_fail(&failed, &e, 0);
	}
	ok(group_pick_other(g, &failed, 0, draw_script, &s, &e),
	    "the last is found");
	is_str(e.name, "b", "by a generator that is stuck");
	group_fail(&failed, &e, 0);
	ok(!group_pick_other(g, &failed, 0, draw_script, &s, &e),
	    "then there is none");
	ok(endpoint_same(&e, &first), "and the oldest is tried");
	group_free(g);

	/* More than are remembered. */
	g = parse("{a:1-9}");
	memset(&failed, 0, sizeof(failed));
	for (i = 0; i < 1000; i++) {
		if (!group_pick_other(g, &failed, i, draw_script, &s, &e))
			break;
		group_fail(&failed, &e, i);
	}
	is_int(i, 1000, "of nine one is always left");
	is_int(failed.n, GROUP_FAILED, "so many are remembered");
	group_free(g);
}

/* What is the same endpoint. */
static void
test_same(void)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "a:1", "a:1", true }, { "a:1", "A:1", true },
		{ "a:1", "a:2", false }, { "a:1", "b:1", false },
		{ "10.0.0.1:1", "10.0.0.1:1", true },
		{ "10.0.0.1:1", "10.0.0.1:2", false },
		{ "10.0.0.1:1", "10.0.0.2:1", false },
		{ "[::1]:1", "[0::1]:1", true },
		{ "[fe80::1%1]:1", "[fe80::1%2]:1", false },
		{ "10.0.0.1:1", "a:1", false }, { "a:1", "10.0.0.1:1", false },
	};
	struct addrgroup *a, *b;
	struct endpoint x, y;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		a = parse(rows[i].a);
		b = parse(rows[i].b);
		pick_any(a, NULL, NULL, &x);
		pick_any(b, NULL, NULL, &y);
		is_int(endpoint_same(&x, &y), rows[i].same, "%s and %s",
		    rows[i].a, rows[i].b);
		group_free(a);
		group_free(b);
	}
}

/* Where the address in a spec ends. */
static void
test_spec_end(void)
{
	static const struct {
		const char *spec, *rest;
	} rows[] = {
		{ "", "" }, { "a:1", "" }, { "a:1,pool=8", ",pool=8" },
		{ "{a,b:1},pool=8", ",pool=8" }, { "{a,b:1}", "" },
		{ "{a,b}:1+{c,d}:2,x,y", ",x,y" }, { "a:1+{c,d:2},", "," },
		{ "{a,b:1,pool=8", "" }, { "{a,{b},c", ",c" },
		{ "a},b", ",b" }, { ",{a,b}", ",{a,b}" },
		{ "a:1,name={x,y}", ",name={x,y}" },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		is_str(group_spec_end(rows[i].spec), rows[i].rest,
		    "\"%s\" ends before \"%s\"", rows[i].spec, rows[i].rest);
}

int
main(void)
{
	test_good();
	test_bad();
	test_bounds();
	test_old();
	test_shares();
	test_bits();
	test_edges();
	test_sequence();
	test_fail_over();
	test_fail_over_rare();
	test_same();
	test_spec_end();
	return done_testing();
}
