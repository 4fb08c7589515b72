/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Ends that do not belong together: within seconds, both sides say in their
 * logs what they see.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "web.h"
#include "world.h"

#include "../unit/tap.h"
#include "../unit/tls_data.h"

static struct world w;

/* A pair of ends: $ stands for the keys of TLS. */
static const struct mismatch {
	const char *client, *server;
	const char *client_says, *server_says;
} mismatches[] = {
	{ "tcp", "tls-listen", "the peer speaks TLS, and this end does not",
	  "does not speak TLS" },
	{ "tls", "tcp-listen", "perhaps it does not speak TLS",
	  "the peer speaks TLS" },
	{ "uott", "uott-listen$", "the peer speaks TLS",
	  "the peer does not speak TLS: the peer speaks uott" },
	{ "uott$", "uott-listen", "perhaps it does not speak TLS",
	  "the peer speaks TLS" },
	{ "udp2tcp", "tls-listen", "the peer speaks TLS",
	  "does not speak TLS" },
	{ "tls", "udp2tcp-listen", "perhaps it does not speak TLS",
	  "the peer speaks TLS" },
	{ "uott", "tcp-listen", "before it sent anything; does it use the same "
	  "protocol", "the peer speaks uott" },
	{ "uott$", "tls-listen", "before it sent anything; does it use the "
	  "same protocol", "the peer speaks uott" },
	{ "tcp", "uott-listen", "before it sent anything; does it use the same "
	  "protocol", "does the peer use uott?" },
	{ "tls", "uott-listen$", "before it sent anything; does it use the "
	  "same protocol", "does the peer use uott?" },
	{ "uott", "udp2tcp-listen", "before it sent anything; does it use the "
	  "same protocol", "the peer speaks uott" },
};

/* Writes a spec: the keys of TLS where there is a $, or the kind is tls. */
static void
fill_in(char *spec, size_t size, const char *kind, const char *at,
    const char *keys)
{
	size_t n = strcspn(kind, "$");

	snprintf(spec, size, "%.*s:%s:8443%s%s", (int)n, kind, at,
	    kind[n] == '$' ? ",tls" : "",
	    kind[n] == '$' || strncmp(kind, "tls", 3) == 0 ? keys : "");
}

static void
try_pair(const struct mismatch *m)
{
	char trust[900], client[1200], server[1500];
	static struct app app;

	snprintf(trust, sizeof(trust), "%s,name=vpn.example.com",
	    world_trust());
	world_begin(&w, 1);
	fill_in(client, sizeof(client), m->client, "10.0.0.1", trust);
	fill_in(server, sizeof(server), m->server, "0.0.0.0",
	    world_server_keys());
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911", client);
	proc_set(&w.right, w.server, server, "udp:10.0.2.1:7");
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	logged_reset();
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_s(5);
	ok(logged_text(m->client_says) > 0, "%s at %s: the client says \"%s\"",
	    m->client, m->server, m->client_says);
	ok(logged_text(m->server_says) > 0, "and the server \"%s\"",
	    m->server_says);
	is_int(w.echo.received, 0, "no datagram gets through");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

/*
 * A web server
 */

static void
refuse(struct stream *s, const uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	web_say(s, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
}

/* A client of that kind at a web server, with TLS or not. */
static void
try_web(const char *kind, bool secure, const char *says)
{
	struct pem_trouble trouble;
	static struct web web;
	struct tls_setup setup = { 0 };
	struct sim_loop *sim;
	struct pem_chain chain;
	struct random random;
	static struct app app;
	struct pem_key key;
	char trust[900], client[1200];

	data_chain("p256.pem", &chain, &trouble);
	data_key("p256.key", &key, &trouble);
	setup.server = true;
	setup.chain = &chain;
	setup.key = &key;
	world_begin(&w, 1);
	must(random_init(&random) == 0);
	sim = sim_loop_new(w.server);
	sim_as(w.server);
	must(arena_open(sim->loop, 2 * DGRAM_BATCH, 0, 0) == 0);
	web_open(&web, sim->loop, &random, 8443, secure ? &setup : NULL,
	    refuse);
	snprintf(trust, sizeof(trust), "%s,name=vpn.example.com",
	    world_trust());
	fill_in(client, sizeof(client), kind, "10.0.0.1", trust);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911", client);
	must(proc_start(&w.left) == 0);
	logged_reset();
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_s(5);
	ok(logged_text(says) > 0, "%s at a web server with%s TLS says \"%s\"",
	    kind, secure ? "" : "out", says);
	app_close(&app);
	sim_as(w.server);
	web_close(&web);
	sim_loop_free(sim);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(mismatches) / sizeof(mismatches[0]); i++)
		try_pair(&mismatches[i]);
	try_web("tls", false, "the peer does not speak TLS: an answer of a web "
	    "server (HTTP) came");
	try_web("tls", true, "an answer of a web server (HTTP) came");
	try_web("tcp", false, "an answer of a web server (HTTP) came");
	try_web("tcp", true, "the peer speaks TLS, and this end does not");
	try_web("uott", false, "an answer of a web server (HTTP) came");
	try_web("uott$", true, "an answer of a web server (HTTP) came");
	try_web("udp2tcp", false, "an answer of a web server (HTTP) came");
	return done_testing();
}
