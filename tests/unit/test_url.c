/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/url.h: reading URLs, and following references.
 */

#include "compat.h"

#include "wire/url.h"
#include "base/text.h"
#include "tap.h"

/* A text as a test's name can have it. */
static const char *
shown(const char *text)
{
	static char name[80];
	struct text t;

	text_init(&t, name, sizeof(name));
	text_add_quoted(&t, text, strlen(text));
	return name;
}

/* What a URL must be written as when it was read. */
static void
reads(const char *text, const char *want)
{
	char again[URL_TEXT];
	const char *why = "";
	struct url u;

	if (url_parse(&u, text, &why) != 0)
		ok(false, "%s is read (%s)", shown(text), why);
	else
		is_str(url_text(&u, again), want, "%s is read", shown(text));
}

/* A URL that must be refused, and a word of why. */
static void
fails(const char *text, const char *word)
{
	struct url u, before;
	const char *why = "";

	memset(&u, 0x55, sizeof(u));
	before = u;
	is_int(url_parse(&u, text, &why), -1, "%s is refused",
	    shown(text));
	ok(strstr(why, word) != NULL, "for the %s: %s", word, why);
	ok(memcmp(&u, &before, sizeof(u)) == 0, "and nothing is set");
}

/* What URLs are read as. */
static void
test_parse(void)
{
	char host[URL_HOST];
	const char *why;
	struct url u;

	reads("http://example.com", "http://example.com/");
	reads("HTTPS://Example.COM:443/Hosts", "https://example.com/Hosts");
	reads("http://h:443/", "http://h:443/");
	reads("https://h:80/", "https://h:80/");
	reads("http://h:/x", "http://h/x");
	reads("http://h?q=/../x", "http://h/?q=/../x");
	reads("http://h#f", "http://h/");
	reads("http://h/a?b#c?d", "http://h/a?b");
	reads("http://192.0.2.1:8080/a/b", "http://192.0.2.1:8080/a/b");
	reads("http://[2001:DB8:0::1]:81/", "http://[2001:db8::1]:81/");
	reads("http://[::1]", "http://[::1]/");
	reads("http://a_b-c.d./", "http://a_b-c.d./");
	reads("http://h/a/./b/../c", "http://h/a/c");
	reads("http://h/../../x/..", "http://h/");
	reads("http://h/a/..", "http://h/");
	reads("http://h/a/b/.", "http://h/a/b/");
	reads("http://h/..a/.b/...", "http://h/..a/.b/...");
	reads("http://h/a//b", "http://h/a//b");
	reads("http://h/caf\xc3\xa9?\xff", "http://h/caf%C3%A9?%FF");
	is_int(url_parse(&u, "https://[::1]:444/a?b", &why), 0, "the parts");
	ok(u.https && u.port == 444, "scheme and port");
	is_str(u.host, "::1", "the host has no brackets");
	is_str(u.target, "/a?b", "the target");
	is_str(url_host_text(&u, host), "[::1]:444", "the Host field");
	u.port = 443;
	is_str(url_host_text(&u, host), "[::1]",
	    "which leaves out the port of the scheme");
}

/* What is refused. */
static void
test_errors(void)
{
	char text[URL_TEXT + 4096];

	fails("", "http://");
	fails("example.com/x", "http://");
	fails("ftp://h/", "http://");
	fails("http:/h/", "http://");
	fails("http:", "http://");
	fails("https//h", "http://");
	fails("httpss://h", "http://");
	fails("://h", "http://");
	fails("http://", "missing");
	fails("http:///x", "missing");
	fails("http://:80/", "missing");
	fails("http://user@h/", "user");
	fails("http://user:word@h:80/", "user");
	fails("http://h:0/", "port");
	fails("http://h:65536/", "port");
	fails("http://h:65537/", "port");
	fails("http://h:100000/", "port");
	fails("http://h:8o/", "port");
	fails("http://h:-1/", "port");
	fails("http://[::1/", "IPv6");
	fails("http://[::1]x/", "port");
	fails("http://[::1%1]/", "IPv6");
	fails("http://[192.0.2.1]/", "IPv6");
	fails("http://::1/", "missing");
	fails("http://.h/", "name");
	fails("http://h%41/", "name");
	fails("http://h\\x/", "name");
	fails("http://\xc3\xa9.org/", "name");
	fails("http://h /", "name");
	fails("http://h/a b", "%20");
	fails("http://h/a\r\nX:", "control");
	fails("http://h/\x7f", "control");
	memset(text, 'a', sizeof(text));
	memcpy(text, "http://h/", 9);
	text[8 + URL_TARGET] = '\0';
	fails(text, "long");
	text[8 + URL_TARGET - 2] = '\xff';
	text[8 + URL_TARGET - 1] = '\0';
	fails(text, "long");
	text[7 + HOST_TEXT] = '\0';
	text[8] = 'a';
	fails(text, "name");
}

/* What a reference leads to from http://h:81/a/b?c. */
static void
leads(const char *reference, const char *want)
{
	char text[URL_TEXT];
	const char *why = "";
	struct url u;

	(void)url_parse(&u, "http://h:81/a/b?c", &why);
	if (want == NULL)
		is_int(url_resolve(&u, reference, &why), -1, "\"%s\" leads "
		    "nowhere", shown(reference));
	else
		is_int(url_resolve(&u, reference, &why), 0, "\"%s\" leads on",
		    shown(reference));
	if (want == NULL)
		ok(why[0] != '\0', "in words: %s", why);
	is_str(url_text(&u, text), want != NULL ? want : "http://h:81/a/b?c",
	    "there");
}

/* Where references lead. */
static void
test_resolve(void)
{
	char text[URL_TEXT + 64];

	leads("https://x/y", "https://x/y");
	leads("HTTP://x", "http://x/");
	leads("//x:82/y?z", "http://x:82/y?z");
	leads("/x?y", "http://h:81/x?y");
	leads("/", "http://h:81/");
	leads("x", "http://h:81/a/x");
	leads("x/y?z#f", "http://h:81/a/x/y?z");
	leads("./x", "http://h:81/a/x");
	leads("../x", "http://h:81/x");
	leads("../../../x", "http://h:81/x");
	leads(".", "http://h:81/a/");
	leads("..", "http://h:81/");
	leads("?x", "http://h:81/a/b?x");
	leads("", "http://h:81/a/b?c");
	leads("#f", "http://h:81/a/b?c");
	leads("x/y:z", "http://h:81/a/x/y:z");
	leads("./x:z", "http://h:81/a/x:z");
	leads("?x/../y", "http://h:81/a/b?x/../y");
	leads("caf\xc3\xa9", "http://h:81/a/caf%C3%A9");
	leads("ftp://x/", NULL);
	leads("x:z", NULL);
	leads("http:x", NULL);
	leads("//", NULL);
	leads("//u@x", NULL);
	leads("a b", NULL);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	leads(text, NULL);
	text[0] = text[1] = '/';
	leads(text, NULL);
	text[URL_TARGET] = '\0';
	text[1] = 'a';
	leads(text, NULL);
}

int
main(void)
{
	test_parse();
	test_errors();
	test_resolve();
	return done_testing();
}
