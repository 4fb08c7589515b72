/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/hostmap.h: reading udptun's map, and finding peers in it.
 */

#include "compat.h"

#include "wire/hostmap.h"
#include "base/addr.h"
#include "tap.h"

static struct hostmap peers;
static struct hostmap_node *node;
static char *names;

/* Loads a map into memory of just the size that was told; false, and why, when
 * it is refused. */
static bool
load(const char *text, size_t len, char why[JSON_WHY])
{
	size_t n, names_len;

	free(node);
	free(names);
	node = NULL;
	names = NULL;
	why[0] = '\0';
	if (hostmap_check(text, len, &n, &names_len, why) != 0)
		return false;
	node = malloc((n + (n == 0)) * sizeof(*node));
	names = malloc(names_len + (n == 0));
	if (node == NULL || names == NULL)
		exit(1);
	hostmap_load(&peers, text, len, 7777, node, names);
	return true;
}

/* The same, of a text that is good. */
static void
loads(const char *text)
{
	char why[JSON_WHY];

	ok(load(text, strlen(text), why), "a map is read (%s)", why);
}

/* Where packets to an address must go; NULL for nowhere. */
static void
finds(const char *inner, const char *host, unsigned port)
{
	const struct hostmap_node *found;
	struct addr a = { 0 };

	(void)addr_parse_ip(&a, inner);
	found = hostmap_find(&peers, a.ip);
	if (host == NULL) {
		ok(found == NULL, "%s has no peer", inner);
		return;
	}
	is_str(found == NULL ? NULL : found->host, host, "%s has one", inner);
	is_int(found == NULL ? 0 : found->port, port, "with its port");
}

/* Where and why a map must be refused. */
static void
fails(const char *text, const char *want)
{
	char why[JSON_WHY];

	ok(!load(text, strlen(text), why), "a map is refused");
	is_str(why, want, "%s", want);
}

/* What maps mean. */
static void
test_maps(void)
{
	loads("{ \"nodes\": { \"192.168.100.1\": { \"host\": "
	    "\"vps1.example.org\", \"port\": 1234 }, \"192.168.100.2\": "
	    "{ \"host\": \"192.0.2.7\" } } }");
	finds("192.168.100.1", "vps1.example.org", 1234);
	finds("192.168.100.2", "192.0.2.7", 7777);
	finds("192.168.100.3", NULL, 0);
	finds("0.0.0.0", NULL, 0);
	finds("255.255.255.255", NULL, 0);
	is_int(peers.n, 2, "two nodes");
	is_int(peers.unused, 0, "all of them used");
	loads("// ours\n{x: [1, {nodes: 2}], nodes: {\"10.0.0.1\": "
	    "{port: 1, more: {host: 3}, host: \"a\",},}, y: null} ");
	finds("10.0.0.1", "a", 1);
	finds("10.0.0.2", NULL, 0);
	loads("{nodes: {}}");
	finds("10.0.0.1", NULL, 0);
}

/* The first match wins. */
static void
test_order(void)
{
	loads("{nodes: {\"10.0.0.2\": {host: \"a\"}, \"10.0.0.1\": "
	    "{host: \"b\"}, \"10.0.0.2\": {host: \"c\"}, \"10.0.0.1\": "
	    "{host: \"d\"}, \"10.0.0.2\": {host: \"e\"}}}");
	finds("10.0.0.1", "b", 7777);
	finds("10.0.0.2", "a", 7777);
	is_int(peers.n, 2, "what is there twice");
	is_int(peers.unused, 3, "is used once");
	loads("{nodes: {\"10.0.0.2\": {host: \"a\"}, \"0.0.0.0\": "
	    "{host: \"gw\", port: 9}, \"10.0.0.1\": {host: \"b\"}, "
	    "\"0.0.0.0\": {host: \"c\"}}}");
	finds("10.0.0.2", "a", 7777);
	finds("10.0.0.1", "gw", 9);
	finds("8.8.8.8", "gw", 9);
	finds("0.0.0.0", "gw", 9);
	is_int(peers.unused, 2, "what stands behind 0.0.0.0 is not used");
}

/* Texts that are no map. */
static void
test_errors(void)
{
	static const char text[] = "{nodes: {\"10.0.0.1\": {host: \"a\0b\"}}}";
	char why[JSON_WHY], host[400];

	fails("", "line 1, column 1: the text ends where a value is missing");
	fails("[]", "line 1, column 1: an object with \"nodes\" is wanted "
	    "here");
	fails("{}", "line 1, column 2: nodes is missing");
	fails("{nodes: [],}", "line 1, column 9: an object of nodes is wanted "
	    "here");
	fails("{nodes: {}, \"nodes\": {}}", "line 1, column 13: nodes is "
	    "there twice");
	fails("{nodes: {}} x", "line 1, column 13: something follows the end "
	    "of the value");
	fails("{nodes: {a: {host: \"a\"}}}", "line 1, column 10: an IPv4 "
	    "address is wanted here");
	fails("{nodes: {\"::1\": {host: \"a\"}}}", "line 1, column 10: an "
	    "IPv4 address is wanted here");
	fails("{nodes: {\"10.0.0.256\": {host: \"a\"}}}", "line 1, column 10: "
	    "an IPv4 address is wanted here");
	fails("{nodes: {\"10.0.0.0000000000000000000000000000000000000000000"
	    "0000000000000000000000000000001\": {host: \"a\"}}}", "line 1, "
	    "column 10: an IPv4 address is wanted here");
	fails("{\nnodes: {\n\"10.0.0.1\": \"a\"}}", "line 3, column 13: an "
	    "object with a host is wanted here");
	fails("{nodes: {\"10.0.0.1\": {}}}", "line 1, column 23: this node "
	    "has no host");
	fails("{nodes: {\"10.0.0.1\": {host: \"\"}}}", "line 1, column 29: a "
	    "host name or an address is wanted here");
	fails("{nodes: {\"10.0.0.1\": {host: \"a b\"}}}", "line 1, column 29: "
	    "a host name or an address is wanted here");
	fails("{nodes: {\"10.0.0.1\": {host: 1}}}", "line 1, column 29: a "
	    "string is wanted here");
	fails("{nodes: {\"10.0.0.1\": {host: \"a\", port: 0}}}", "line 1, "
	    "column 40: a whole number from 1 to 65535 is wanted here");
	fails("{nodes: {\"10.0.0.1\": {host: \"a\", port: \"1\"}}}", "line 1, "
	    "column 40: a number is wanted here");
	fails("{nodes: {\"10.0.0.1\": {host: \"a\", x: [1}}}", "line 1, "
	    "column 39: a comma or ] is missing here");
	ok(!load(text, sizeof(text) - 1, why), "a NUL byte is refused");
	is_str(why, "line 1, column 31: a NUL byte", "and found");
	snprintf(host, sizeof(host), "{nodes: {\"1.2.3.4\": {host: \"%0*d\"}}}",
	    HOST_TEXT, 1);
	fails(host, "line 1, column 28: this string is too long");
	snprintf(host, sizeof(host), "{nodes: {\"1.2.3.4\": {host: \"%0*d\"}}}",
	    HOST_TEXT - 1, 1);
	ok(load(host, strlen(host), why), "a name may have 255 bytes");
}

/* The largest map, and one node more. */
static void
test_many(void)
{
	char *text = malloc((size_t)(HOSTMAP_MAX + 2) * 40), *p = text;
	char why[JSON_WHY];
	bool right = true;
	uint8_t ip[4];
	unsigned i;

	if (text == NULL)
		exit(1);
	p += sprintf(p, "{nodes: {\n");
	/* Not in their order. */
	for (i = 0; i < HOSTMAP_MAX; i++)
		p += sprintf(p, "\"10.1.%u.%u\": {host: \"h%u\"},\n",
		    i * 7919 % 65536 / 256, i * 7919 % 256, i);
	strcpy(p, "}}");
	ok(load(text, strlen(text), why), "65536 nodes are read (%s)", why);
	is_int(peers.n, HOSTMAP_MAX, "all of them");
	ip[0] = 10;
	ip[1] = 1;
	for (i = 0; i < HOSTMAP_MAX; i++) {
		char want[16];

		ip[2] = (uint8_t)(i * 7919 % 65536 / 256);
		ip[3] = (uint8_t)(i * 7919 % 256);
		snprintf(want, sizeof(want), "h%u", i);
		right = right && hostmap_find(&peers, ip) != NULL &&
		    strcmp(hostmap_find(&peers, ip)->host, want) == 0;
	}
	ok(right, "and each is found");
	ip[1] = 2;
	ok(hostmap_find(&peers, ip) == NULL, "another is not");
	strcpy(p, "\"10.2.0.1\": {host: \"h\"}}}");
	ok(!load(text, strlen(text), why), "65537 are refused");
	is_str(why, "line 65538, column 1: there are more than 65536 nodes",
	    "with words");
	free(text);
}

int
main(void)
{
	test_maps();
	test_order();
	test_errors();
	test_many();
	free(node);
	free(names);
	return done_testing();
}
