/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/dtls_admit.h: which strangers may begin a handshake.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tunnel/dtls_admit.h"

#include "tap.h"

enum {
	PLACES = 16,
	OLD_MS = 1000,		/* an age at which any is evicted */
	SPENT_US = 40000000,	/* far more than may be spent at once */
};

static struct random source;
static struct tunnel tunnel;
static struct end end;
static struct dtls_admit admit;
static struct pending place[PLACES];
static uint8_t hello[DTLS_HEADER + DTLS_MESSAGE + DTLS_BODY_MAX];

static void
begin(bool skip_verify)
{
	memset(tunnel.lost, 0, sizeof(tunnel.lost));
	while (admit.half_open.n > 0)
		pending_leave(&admit.half_open,
		    pendings_oldest(&admit.half_open));
	dtls_admit_stop(&admit);
	dtls_admit_init(&admit, &end, PLACES, skip_verify);
}

/* A peer of network net. */
static struct addr
peer(unsigned net)
{
	struct addr a;

	memset(&a, 0, sizeof(a));
	a.family = 4;
	a.ip[0] = 10;
	a.ip[3] = (uint8_t)net;
	a.port = 4000;
	return a;
}

/* A peer's hello with a cookie (NULL: without). */
static struct udp_msg
greet(unsigned net, const uint8_t *cookie)
{
	static const uint8_t random[DTLS_RANDOM];
	const struct dtls_suite *suites[DTLS_SUITES];
	const struct dtls_group *groups[] = { &dtls_groups[0] };
	struct dtls_offer offer;
	struct udp_msg m;
	size_t n;

	memset(&m, 0, sizeof(m));
	memset(&offer, 0, sizeof(offer));
	dtls_suites_preset(suites);
	offer.random = random;
	offer.cookie = cookie;
	offer.cookie_len = cookie == NULL ? 0 : DTLS_COOKIE;
	offer.suites = suites;
	offer.n_suites = DTLS_SUITES;
	offer.groups = groups;
	offer.n_groups = 1;
	n = dtls_client_hello_write(hello + DTLS_HEADER + DTLS_MESSAGE,
	    &offer);
	dtls_fragment_write(hello + DTLS_HEADER, DTLS_CLIENT_HELLO, n, 0, 0,
	    n);
	dtls_header_write(hello, DTLS_HANDSHAKE, 0, DTLS_MESSAGE + n);
	m.peer = m.local = peer(net);
	m.d.data = hello;
	m.d.len = DTLS_HEADER + DTLS_MESSAGE + n;
	return m;
}

/* What is decided about a peer that returns its cookie. */
static enum dtls_admission
returns(unsigned net, const struct pending *old)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM], cookie[DTLS_COOKIE];
	struct udp_msg m = greet(net, NULL);

	if (dtls_admit_demand(&admit, &m, out) != sizeof(out))
		return DTLS_ADMIT_DROP;
	memcpy(cookie, out + sizeof(out) - DTLS_COOKIE, DTLS_COOKIE);
	m = greet(net, cookie);
	return dtls_admit_decide(&admit, &m, old);
}

/* Takes n places: each of a network of its own, or all of network 100. */
static void
fill(unsigned n, bool one_net)
{
	struct addr a;
	unsigned i;

	for (i = 0; i < n; i++) {
		a = peer(one_net ? 100 : 100 + i);
		pending_enter(&admit.half_open, &place[i], &a,
		    loop_now(tunnel.loop));
	}
}

static void
test_cookies(void)
{
	struct udp_msg m;

	begin(false);
	m = greet(1, NULL);
	is_int(dtls_admit_decide(&admit, &m, NULL), DTLS_ADMIT_DEMAND,
	    "a stranger is asked for a cookie");
	is_int(returns(1, NULL), DTLS_ADMIT_PROVEN, "and may begin with it");
	m.d.len = 20;
	is_int(dtls_admit_decide(&admit, &m, NULL), DTLS_ADMIT_DROP,
	    "what is no hello is dropped");
	is_int(tunnel.lost[LOST_FORGED], 1, "and counted");
}

static void
test_skip(void)
{
	struct pending old = { 0 };
	struct udp_msg m;

	begin(true);
	m = greet(1, NULL);
	fill(PLACES / 2 - 1, false);
	is_int(dtls_admit_decide(&admit, &m, NULL), DTLS_ADMIT_UNPROVEN,
	    "skip: no cookie is needed while few are half-open");
	is_int(dtls_admit_decide(&admit, &m, &old), DTLS_ADMIT_DEMAND,
	    "skip: but in place of an association");
	begin(true);
	fill(PLACES / 2, false);
	is_int(dtls_admit_decide(&admit, &m, NULL), DTLS_ADMIT_DEMAND,
	    "skip: and once half of the places are taken");
}

static void
test_places(void)
{
	struct pending old = { 0 };

	begin(false);
	fill(PLACES, false);
	is_int(returns(1, NULL), DTLS_ADMIT_DROP, "a young one is not evicted");
	is_int(tunnel.lost[LOST_NO_FLOW], 1, "which is counted");
	is_int(returns(1, &old), DTLS_ADMIT_DROP, "an association that is up "
	    "has no place to give");
	is_int(returns(1, &place[7]), DTLS_ADMIT_PROVEN, "a half-open one has");
	place[0].began_ms -= OLD_MS;
	is_int(returns(1, NULL), DTLS_ADMIT_PROVEN, "an old one is evicted");
	pending_leave(&admit.half_open, &place[0]);
	is_int(returns(1, NULL), DTLS_ADMIT_PROVEN, "and a place is free");
}

static void
test_share(void)
{
	begin(false);
	fill(PLACES, true);
	is_int(returns(100, NULL), DTLS_ADMIT_DROP, "an address that has all "
	    "places gets no more");
	is_int(returns(1, NULL), DTLS_ADMIT_PROVEN, "but others evict its "
	    "oldest at any age");
}

static void
test_budget(void)
{
	begin(false);
	is_int(returns(1, NULL), DTLS_ADMIT_PROVEN, "there is time");
	dtls_admit_spend(&admit, SPENT_US);
	is_int(returns(1, NULL), DTLS_ADMIT_DROP, "until it is spent");
	is_int(tunnel.lost[LOST_NO_FLOW], 1, "which is counted");
	admit.spent_at_us -= 2 * (uint64_t)SPENT_US;
	is_int(returns(1, NULL), DTLS_ADMIT_PROVEN, "half of the time that "
	    "goes by is for handshakes");
}

int
main(void)
{
	if (sock_init() != 0)
		return 1;
	random_init_fixed(&source, "admit", 5);
	tunnel.loop = loop_new(NULL);
	losses_log_start(&tunnel.losses_log, tunnel.loop, tunnel.lost);
	tunnel.random = &source;
	tunnel.settings.max_flows = 1000;
	end.tunnel = &tunnel;
	tunnel.end[LEFT] = &end;
	strlcpy(end.name, "dtls-listen:0.0.0.0:443", sizeof(end.name));
	log_set_level(LEVEL_ERROR);
	test_cookies();
	test_skip();
	test_places();
	test_share();
	test_budget();
	begin(false);
	dtls_admit_stop(&admit);
	losses_log_stop(&tunnel.losses_log);
	loop_free(tunnel.loop);
	return done_testing();
}
