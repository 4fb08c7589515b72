/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS associations whose client proves no name, and sends no data.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "dtls_peer.h"
#include "world.h"

#include "../unit/tap.h"

static struct dtls_peer peer;

/* How many flows the server has a minute after a client came, which sends that
 * many heartbeats, and data or not. */
static unsigned
flows_later(unsigned beats, bool data)
{
	struct addr server = { 0 };
	struct world w;
	unsigned flows;

	world_begin(&w, 1);
	world_dtls_set(&w, "", "");
	proc_option(&w.right, "idle", "0");
	must(proc_start(&w.right) == 0);
	dtls_peer_init(&peer, w.client, 0, false);
	peer.setup.heartbeat = true;
	server = w.server->addr[0];
	server.port = WORLD_DTLS_PORT;
	dtls_peer_call(&peer, &server);
	ok(dtls_peer_wait(&peer, 1000), "a client is up");
	if (data)
		dtls_peer_send(&peer, DTLS_APPLICATION, "x", 1);
	for (; beats > 0; beats--) {
		sim_run_s(20);
		must(dtls_beat(&peer.dtls));
		dtls_peer_output(&peer);
	}
	sim_run_s(62);
	flows = proc_flows(&w.right);
	dtls_peer_end(&peer);
	(void)world_end(&w);
	return flows;
}

int
main(void)
{
	is_int(flows_later(0, false), 0, "without data its flow ends after a "
	    "minute");
	is_int(flows_later(0, true), 1, "with some it stays");
	is_int(flows_later(1, false), 1, "as with a keep-alive");
	return done_testing();
}
