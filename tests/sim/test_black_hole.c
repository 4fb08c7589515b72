/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Paths that swallow long packets under the carriers over TCP: an MSS that
 * fits is set by the user.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/tcp.h"
#include "world.h"

#include "../unit/tap.h"

static struct app app;

/* The kinds of carriers. */
enum { TCP, TLS, UOTT, UOTT_TLS, UDP2TCP, KINDS };
static const char *const kinds[KINDS] = {
	"tcp", "tls", "uott", "uott", "udp2tcp"
};

static const char *
data(void)
{
	const char *folder = getenv("ADIT_TEST_DATA");

	return folder == NULL ? "tests/data" : folder;
}

/* A client and a server of that kind, with more keys for each; both start. */
static void
begin(struct world *w, unsigned kind, uint64_t seed, const char *client,
    const char *server)
{
	char own[600] = "", trust[600] = "", left[900], right[900];

	world_begin(w, seed);
	if (kind == TLS || kind == UOTT_TLS) {
		snprintf(own, sizeof(own), "%s,cert=%s/tls/p256.pem,"
		    "key=%s/tls/p256.key", kind == UOTT_TLS ? ",tls" : "",
		    data(), data());
		snprintf(trust, sizeof(trust), "%s,cafile=%s/tls/ca.pem",
		    kind == UOTT_TLS ? ",tls" : "", data());
	}
	snprintf(left, sizeof(left), "%s-listen:0.0.0.0:443%s%s", kinds[kind],
	    own, server);
	snprintf(right, sizeof(right), "%s:10.0.0.1:443%s%s", kinds[kind],
	    trust, client);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911", right);
	proc_set(&w->right, w->server, left, "udp:10.0.2.1:7");
	if (proc_start(&w->right) != 0 || proc_start(&w->left) != 0) {
		printf("Bail out! the tunnels do not start\n");
		exit(1);
	}
	app_open(&app, w, 1);
}

static void
end(struct world *w, const char *what)
{
	is_int(app.twice + app.bad + w->echo.twice + w->echo.bad, 0,
	    "%s: nothing comes twice, or changed", what);
	app_close(&app);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* IP packets that are longer get lost, both ways. */
static void
swallow(struct world *w, size_t bytes)
{
	sim_link(w->client, w->server)->swallows = bytes;
	sim_link(w->server, w->client)->swallows = bytes;
}

/* A datagram of that length each 50 ms, until one that was sent after now is
 * answered; how long that takes in milliseconds, at most `most`. */
static uint64_t
answer_ms(size_t len, uint64_t most)
{
	uint64_t from_us = sim_now_us();
	uint32_t first = app.sent;

	do {
		app_send(&app, len);
		sim_run_ms(50);
	} while ((app.received == 0 || app.newest < first) &&
	    sim_now_us() < from_us + most * SIM_MS);
	return (sim_now_us() - from_us) / SIM_MS;
}

/* The user knows. */
static void
test_set(unsigned kind, bool server)
{
	char what[100];
	struct world w;
	uint64_t took_ms;

	snprintf(what, sizeof(what), "%s%s, an MSS at the %s", kinds[kind],
	    kind == UOTT_TLS ? " in TLS" : "", server ? "server" : "client");
	begin(&w, kind, 1, server ? "" : ",mss=900", server ? ",mss=900" : "");
	swallow(&w, 1000);
	took_ms = answer_ms(1200, 5000);
	if (!ok(took_ms <= 300, "%s: long datagrams pass", what))
		printf("# %llu ms\n", (unsigned long long)took_ms);
	end(&w, what);
}

int
main(void)
{
	unsigned i;

	for (i = 0; i < KINDS; i++) {
		test_set(i, false);
		test_set(i, true);
	}
	return done_testing();
}
