/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * daemon/web_access.h: which settings are wrong, and which requests have a host
 * and a token of ours.
 */

#include "compat.h"

#include "base/fault.h"
#include "daemon/web_access.h"
#include "tap.h"

#define TOKEN "0123456789abcdef"

/* The settings are wrong for a reason that has these words; NULL: they are
 * right. */
static void
checked(const char *at, const char *token, const char *hosts,
    const char *words)
{
	struct web_settings s = { at, token, hosts };
	struct fault f = { .kind = FAULT_NONE };
	int result = web_check(&s, &f);

	is_int(result, words == NULL ? 0 : -1, "status %s, token %s, host %s",
	    at == NULL ? "none" : at, token == NULL ? "none" : token,
	    hosts == NULL ? "none" : hosts);
	if (words != NULL)
		ok(f.kind == FAULT_USER && strstr(f.text, words) != NULL,
		    "says \"%s\": %s", words, f.text);
}

static void
test_check(void)
{
	checked(NULL, NULL, NULL, NULL);
	checked("127.0.0.1:9100", NULL, NULL, NULL);
	checked("[::1]:9100", NULL, NULL, NULL);
	checked("localhost:9100", NULL, "a.example,b", NULL);
	checked("0.0.0.0:9100", TOKEN, NULL, NULL);
	checked("192.0.2.1:9100", "file:/x", NULL, NULL);
	checked("0.0.0.0:9100", NULL, NULL, "status-token");
	checked("[::]:9100", NULL, NULL, "others can reach");
	checked("192.0.2.1:9100", NULL, NULL, "127.0.0.1:9100");
	checked("127.0.0.1", NULL, NULL, "a port");
	checked("9100", NULL, NULL, "a port");
	checked("127.0.0.1:0", NULL, NULL, "a port");
	checked("127.0.0.1:99999", NULL, NULL, "a port");
	checked(":9100", NULL, NULL, "an address");
	checked("router:9100", NULL, NULL, "an address");
	checked(NULL, TOKEN, "a", NULL);
	checked("127.0.0.1:1", "file:", NULL, "status-token: file:");
	checked("127.0.0.1:1", NULL, "", "separated by commas");
	checked("127.0.0.1:1", NULL, "a, b", "separated by commas");
	checked("127.0.0.1:1", NULL, "http://a", "separated by commas");
}

static void
test_host(void)
{
	struct web_settings s = { "192.0.2.1:9100", TOKEN,
	    "Router.example,198.51.100.7" };
	struct web_access a = { .token = NULL };
	struct addr local = { 0 };
	struct fault f;
	static const struct {
		const char *host;
		bool good;
	} hosts[] = {
		{ NULL, true }, { "192.0.2.1", true },
		{ "192.0.2.1:9100", true }, { "192.0.2.1:80", true },
		{ "127.0.0.1:5000", true }, { "[::1]:9100", true },
		{ "localhost", true }, { "LOCALHOST:1", true },
		{ "router.EXAMPLE:9100", true }, { "198.51.100.7", true },
		{ "", false }, { "192.0.2.2", false },
		{ "evil.example", false }, { "localhost.evil.example", false },
		{ "router.example.evil", false }, { "router", false },
		{ "example", false }, { "Router.example,198.51.100.7", false },
		{ "192.0.2.1.evil.example:9100", false },
		{ "192.0.2.1:x", false }, { "[::2]:9100", false },
		{ "a:b:c", false },
	};
	unsigned i;

	is_int(web_access_read(&a, &s, &f), 0, "settings with names");
	(void)addr_parse(&local, "192.0.2.1:9100");
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		is_int(web_access_host(&a, hosts[i].host, &local),
		    hosts[i].good, "host %s", hosts[i].host == NULL ? "none" :
		    hosts[i].host);
	web_access_free(&a);
}

/* Does a request with that line and field have the token? */
static bool
has_token(const struct web_access *a, const char *target, const char *field)
{
	static struct http_request r;
	char text[1024];

	snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n%s\r\n", target,
	    field);
	http_request_begin(&r);
	(void)http_request_feed(&r, (const uint8_t *)text, strlen(text));
	return r.result == HTTP_REQUEST_GOOD && web_access_token(a, &r);
}

#define BEARER "Authorization: Bearer "

static void
test_token(void)
{
	struct web_settings s = { "192.0.2.1:1", TOKEN, NULL };
	struct web_access a = { .token = NULL };
	char longest[HTTP_REQUEST_TOKEN + 1];
	struct fault f;

	ok(has_token(&a, "/", ""), "none is needed where none is set");
	is_int(web_access_read(&a, &s, &f), 0, "settings with a token");
	ok(!has_token(&a, "/", ""), "none");
	ok(has_token(&a, "/", BEARER TOKEN "\r\n"), "the right one");
	ok(!has_token(&a, "/", BEARER TOKEN "0\r\n"), "one that is longer");
	ok(!has_token(&a, "/", BEARER "0123456789abcde\r\n"), "shorter");
	ok(!has_token(&a, "/", BEARER "0123456789abcdeF\r\n"), "different");
	ok(!has_token(&a, "/", BEARER "\r\n"), "an empty one");
	ok(!has_token(&a, "/", "Authorization: Basic " TOKEN "\r\n"),
	    "the right one in a wrong way");
	ok(has_token(&a, "/?token=" TOKEN, ""), "the right one as parameter");
	ok(has_token(&a, "/?a=b&token=%30123456789abcdef", ""), "encoded");
	ok(!has_token(&a, "/?token=x", ""), "a wrong one");
	ok(!has_token(&a, "/?token=" TOKEN, BEARER "x\r\n"),
	    "the field counts first");
	web_access_free(&a);
	s.token = "0123456789abcde";
	is_int(web_access_read(&a, &s, &f), -1, "a short token is refused");
	ok(strstr(f.text, "16 to 255") != NULL, "with words: %s", f.text);
	ok(strstr(f.text, s.token) == NULL, "that do not show it");
	memset(longest, 'x', sizeof(longest));
	longest[HTTP_REQUEST_TOKEN] = '\0';
	s.token = longest;
	is_int(web_access_read(&a, &s, &f), -1, "so is one of 256 bytes");
	s.token = longest + 1;
	is_int(web_access_read(&a, &s, &f), 0, "one of 255 is not");
	web_access_free(&a);
	s.token = "file:/does/not/exist";
	is_int(web_access_read(&a, &s, &f), -1, "a file that is not there");
	ok(strstr(f.text, "status-token: file:/does/not/exist: ") != NULL,
	    "is named: %s", f.text);
}

int
main(void)
{
	test_check();
	test_host();
	test_token();
	return done_testing();
}
