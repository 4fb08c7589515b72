/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/fetch.h: which redirects are followed, and what ends with the connection.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/fetch.h"
#include "web.h"
#include "world.h"

#include "../unit/tap.h"
#include "../unit/tls_data.h"

/* What a path is answered with. */
static const struct {
	const char *path, *location;	/* NULL: the body "done" */
} pages[] = {
	{ "/done", NULL },
	{ "/to-http", "http://vpn.example.com/done" },
	{ "/to-https", "https://vpn.example.com/done" },
	{ "/up-and-down", "https://vpn.example.com/to-http" },
	{ "/up-down-up", "https://vpn.example.com/up-and-down" },
	{ "/round", "/round" },
};

static struct world w;
static struct web plain, secure;
static struct fetch fetch;
static struct pem_chain chain;
static struct pem_key key;
static struct pem_anchors anchors;
static struct tls_setup server_setup, client_setup;
static bool ended;
static enum fetch_result result;
static char body[16];

/*
 * The servers
 */

static void
answer(struct stream *s, const uint8_t *p, size_t n)
{
	char request[2000], path[100] = "", text[300];
	unsigned i;

	must(n < sizeof(request));
	memcpy(request, p, n);
	request[n] = '\0';
	must(sscanf(request, "GET %99s HTTP/1.1\r\n", path) == 1);
	strlcpy(text, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone",
	    sizeof(text));
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(path, pages[i].path) == 0 &&
		    pages[i].location != NULL)
			snprintf(text, sizeof(text), "HTTP/1.1 302 Found"
			    "\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n",
			    pages[i].location);
	/* What an old server does: the end of the connection is that of the
	 * body, and comes with it. */
	if (strcmp(path, "/old") == 0) {
		web_say(s, "HTTP/1.0 200 OK\r\n\r\ndone");
		stream_close(s);
		return;
	}
	web_say(s, text);
}

/*
 * The client
 */

static void
fetched(struct fetch *f, enum fetch_result how)
{
	ended = true;
	result = how;
	body[0] = '\0';
	if (how == FETCH_DONE && f->len < sizeof(body)) {
		memcpy(body, f->body, f->len);
		body[f->len] = '\0';
	}
}

static bool
has_ended(void *arg)
{
	(void)arg;
	return ended;
}

/* Fetches a URL, with a check of the way or without. */
static void
get(const char *url, bool lax)
{
	static struct sim_loop *client, *server;
	static struct random random;
	struct resolver *resolver;
	struct fault fault = { 0 };
	const char *why;
	uint64_t seed = 1;

	world_begin(&w, 1);
	sim_name_set("vpn.example.com", "10.0.0.1");
	random_init_fixed(&random, &seed, sizeof(seed));
	sim_as(w.server);
	server = sim_loop_new(w.server);
	must(arena_open(server->loop, 2 * DGRAM_BATCH, 0, 0)
	    == 0);
	web_open(&plain, server->loop, &random, 80, NULL, answer);
	web_open(&secure, server->loop, &random, 443, &server_setup,
	    answer);
	sim_as(w.client);
	client = sim_loop_new(w.client);
	must(arena_open(client->loop, 2 * DGRAM_BATCH, 0, 0)
	    == 0);
	resolver = resolver_new(NULL, &fault);
	must(resolver_attach(resolver, client->loop, &fault) == 0);
	must(fetch_init(&fetch, client->loop, resolver, &random, url, &why)
	    == 0);
	fetch.tls = &client_setup;
	fetch.lax = lax;
	fetch.timeout_ms = 5000;
	fetch.fn = fetched;
	ended = false;
	fetch_start(&fetch);
	must(sim_run_until(has_ended, NULL, 6 * SIM_S));
	sim_as(w.client);
	fetch_close(&fetch);
	resolver_free(resolver);
	sim_loop_free(client);
	sim_as(w.server);
	web_close(&plain);
	web_close(&secure);
	sim_loop_free(server);
	is_int(world_end(&w), 0, "%s: nothing stays open", url);
}

/* Expects what the path leads to. */
static void
arrives(const char *url, bool lax)
{
	get(url, lax);
	if (!ok(result == FETCH_DONE && strcmp(body, "done") == 0,
	    "%s%s is followed to its end", url, lax ? ", lax," : ""))
		printf("# %s\n", fetch.why);
}

/* Expects a refusal of the redirect. */
static void
refused(const char *url, const char *why)
{
	get(url, false);
	is_int(result, FETCH_FAILED, "%s is not followed to its end", url);
	ok(strstr(fetch.why, why) != NULL, "in words: %s", fetch.why);
}

int
main(void)
{
	static const char down[] = "a redirect leads from https to http";
	struct pem_trouble trouble;

	data_chain("p256.pem", &chain, &trouble);
	data_key("p256.key", &key, &trouble);
	data_anchors("ca.pem", &anchors, &trouble);
	server_setup.server = true;
	server_setup.chain = &chain;
	server_setup.key = &key;
	client_setup.anchors = &anchors;

	arrives("http://vpn.example.com/done", false);
	arrives("https://vpn.example.com/done", false);
	arrives("http://vpn.example.com/to-http", false);
	arrives("http://vpn.example.com/to-https", false);
	arrives("https://vpn.example.com/to-https", false);
	refused("https://vpn.example.com/to-http", down);
	refused("http://vpn.example.com/up-and-down", down);
	refused("http://vpn.example.com/up-down-up", down);
	arrives("https://vpn.example.com/to-http", true);
	arrives("http://vpn.example.com/up-down-up", true);
	refused("http://vpn.example.com/round", "redirects again; no more than 9");
	arrives("http://vpn.example.com/old", false);
	arrives("https://vpn.example.com/old", false);
	return done_testing();
}
