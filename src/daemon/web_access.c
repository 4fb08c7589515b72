/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Decides who may read the status on the web.
 */

#include "compat.h"

#include "daemon/web_access.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "base/text.h"
#include "daemon/secret.h"

enum { TOKEN_MIN = 16 };	/* bytes of a token: fewer may be guessed */

/* Reads the address to listen on; 0, or -1 and the fault. */
static int
read_listen_address(const char *text, struct addr *at, struct fault *f)
{
	struct hostport hp;
	const char *why;

	if (hostport_parse(&hp, text, 0, &why) == 0 && hp.port != 0) {
		if (text_same_nocase(hp.host, "localhost"))
			strlcpy(hp.host, "127.0.0.1", sizeof(hp.host));
		if (addr_of_literal(at, hp.host, hp.port) == 0)
			return 0;
	}
	return fault_user(f, "status", "status: \"%s\": an address and a port "
	    "are needed, such as 127.0.0.1:9100", text);
}

/* Are the names separated by commas only? */
static bool
are_names(const char *p)
{
	size_t n;

	for (;; p += n + 1) {
		n = strcspn(p, ",");
		if (n == 0 || n >= HOST_TEXT)
			return false;
		if (strcspn(p, " \t/\"'<>\\") < n)
			return false;
		if (p[n] == '\0')
			return true;
	}
}

int
web_check(const struct web_settings *s, struct fault *f)
{
	struct addr at = { 0 };
	const char *why;

	if (s->at == NULL)
		return 0;
	if (read_listen_address(s->at, &at, f) != 0)
		return -1;
	if (!addr_is_loopback(&at) && s->token == NULL)
		return fault_user(f, "status", "status: \"%s\": others can "
		    "reach this address: set a status-token, or listen on "
		    "127.0.0.1:%u", s->at, (unsigned)at.port);
	why = s->token == NULL ? NULL : secret_check(s->token);
	if (why != NULL)
		return fault_user(f, "status-token", "status-token: %s", why);
	if (s->hosts != NULL && !are_names(s->hosts))
		return fault_user(f, "status-host", "status-host: \"%s\": "
		    "names are needed, separated by commas without blanks",
		    s->hosts);
	return 0;
}

int
web_access_read(struct web_access *a, const struct web_settings *s,
    struct fault *f)
{
	const char *why;

	if (read_listen_address(s->at, &a->at, f) != 0)
		return -1;
	a->hosts = xstrdup(s->hosts);
	if (s->token == NULL)
		return 0;
	a->token = secret_read(s->token, &why);
	if (a->token == NULL)
		return fault_user(f, "status-token", "status-token: %.200s: "
		    "%s", s->token, why);
	if (strlen(a->token) >= TOKEN_MIN &&
	    strlen(a->token) < HTTP_REQUEST_TOKEN)
		return 0;
	web_access_free(a);
	return fault_user(f, "status-token", "status-token: it must have %u "
	    "to %u characters; `adit genpsk` makes good ones",
	    (unsigned)TOKEN_MIN, HTTP_REQUEST_TOKEN - 1u);
}

/* Is the host among the further names? */
static bool
is_listed(const char *names, const char *host)
{
	size_t n, len = strlen(host);

	while (names != NULL && *names != '\0') {
		n = strcspn(names, ",");
		if (n == len && text_same_nocase_n(names, host, n))
			return true;
		names += n + (names[n] != '\0');
	}
	return false;
}

bool
web_access_host(const struct web_access *a, const char *host,
    const struct addr *local)
{
	struct hostport hp;
	struct addr literal = { 0 };
	const char *why;

	if (host == NULL)
		return true;
	if (hostport_parse(&hp, host, 80, &why) != 0)
		return false;
	if (text_same_nocase(hp.host, "localhost") ||
	    is_listed(a->hosts, hp.host))
		return true;
	if (addr_of_literal(&literal, hp.host, local->port) != 0)
		return false;
	return addr_is_loopback(&literal) || (literal.family ==
	    local->family && memcmp(literal.ip, local->ip, 16) == 0);
}

bool
web_access_token(const struct web_access *a, const struct http_request *r)
{
	char given[HTTP_REQUEST_TOKEN];
	size_t n;
	bool good;

	if (a->token == NULL)
		return true;
	memset(given, 0, sizeof(given));
	if (r->bearer == NULL)
		(void)http_request_query(r->query, "token", given,
		    sizeof(given));
	else if (strlen(r->bearer) < sizeof(given))
		strlcpy(given, r->bearer, sizeof(given));
	n = strlen(a->token);
	good = strlen(given) == n && secret_equal((const uint8_t *)given,
	    (const uint8_t *)a->token, n);
	explicit_bzero(given, sizeof(given));
	return good;
}

void
web_access_free(struct web_access *a)
{
	if (a->token != NULL)
		explicit_bzero(a->token, strlen(a->token));
	free(a->token);
	free(a->hosts);
	a->token = a->hosts = NULL;
}
