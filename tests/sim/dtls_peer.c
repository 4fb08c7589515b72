/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A DTLS client or server that a test plays itself.
 *
 * A build without DTLS leaves this out.
 */

#include "dtls_peer.h"

#include "base/bytes.h"
#include "tunnel/dtls_psk.h"
#include "world.h"

static uint64_t
peer_now_ms(void)
{
	return sim_now_us() / 1000;
}

/* Its key, as dtls_psk_fn. */
static size_t
peer_psk(void *arg, const uint8_t *identity, size_t n,
    uint8_t psk[DTLS_PSK_MAX])
{
	const struct dtls_peer *p = arg;
	size_t len = 0;

	(void)identity;
	(void)n;
	if (dtls_psk_parse_hex(p->psk, strlen(p->psk), psk, &len) != PSK_OK)
		abort();
	return len;
}

static void peer_arm(struct dtls_peer *);

/* Its time has come, or had come before it was set anew. */
static void
peer_due(void *arg)
{
	struct dtls_peer *p = arg;

	if (p->fd == FD_NONE || peer_now_ms() != p->armed_ms)
		return;
	p->armed_ms = 0;
	dtls_tick(&p->dtls, peer_now_ms());
	dtls_peer_output(p);
}

/* Has it called when the engine wants that. */
static void
peer_arm(struct dtls_peer *p)
{
	uint64_t due_ms = dtls_deadline(&p->dtls);

	if (due_ms == UINT64_MAX || due_ms == p->armed_ms)
		return;
	p->armed_ms = due_ms;
	sim_at(due_ms * SIM_MS, peer_due, p);
}

void
dtls_peer_raw(struct dtls_peer *p, const uint8_t *data, size_t len)
{
	p->went++;
	sim_udp_send(p->fd, &p->to, data, len);
}

void
dtls_peer_output(struct dtls_peer *p)
{
	uint8_t out[DTLS_PEER_ROOM];
	size_t n;

	if (p->edit != NULL && p->dtls.out_due && p->edited != p->dtls.state) {
		p->edited = p->dtls.state;
		p->edit(p);
	}
	while (!p->mute && (n = dtls_output(&p->dtls, out, sizeof(out),
	    peer_now_ms())) > 0)
		dtls_peer_raw(p, out, n);
	peer_arm(p);
}

/* Data came. */
static void
peer_take(struct dtls_peer *p, const struct dtls_input *in)
{
	p->got_n++;
	p->got_len = in->len;
	memcpy(p->got, in->data, in->len);
	if (p->echo)
		dtls_peer_send(p, DTLS_APPLICATION, p->got, p->got_len);
}

/* Gives the engine a datagram. */
static void
peer_feed(struct dtls_peer *p, const uint8_t *data, size_t len)
{
	uint8_t copy[DTLS_PEER_ROOM];
	enum dtls_event event;
	struct dtls_input in;

	memcpy(copy, data, len);
	dtls_input_begin(&in, copy, len);
	while ((event = dtls_next(&p->dtls, &in, peer_now_ms())) !=
	    DTLS_END) {
		if (event == DTLS_DATA) {
			/* What it sends back comes after its Finished. */
			dtls_peer_output(p);
			peer_take(p, &in);
		} else if (event == DTLS_UP) {
			p->up++;
		} else {
			p->closed++;
		}
	}
	dtls_peer_output(p);
}

/* Something came to its socket. */
static void
peer_receive(void *arg, fd_t fd, const uint8_t *data, size_t len,
    const struct addr *from)
{
	struct dtls_peer *p = arg;

	(void)fd;
	p->came++;
	if (p->setup.server)
		p->to = *from;
	if (len > DTLS_PEER_ROOM || (p->see != NULL && p->see(p, data, len)))
		return;
	if (p->setup.server && !p->begun) {
		p->begun = true;
		dtls_start(&p->dtls, &p->handshake, &p->setup,
		    p->setup.cid ? p->cid : NULL, peer_now_ms());
	}
	peer_feed(p, data, len);
}

void
dtls_peer_init(struct dtls_peer *p, struct sim_host *h, uint16_t port,
    bool server)
{
	uint64_t seed = sim_random(UINT64_MAX);
	struct dtls_setup *s = &p->setup;
	size_t i;

	memset(p, 0, sizeof(*p));
	p->host = h;
	p->psk = WORLD_PSK;
	random_init_fixed(&p->random, &seed, sizeof(seed));
	random_bytes(&p->random, p->cid, sizeof(p->cid));
	s->server = server;
	for (i = 0; i < DTLS_SUITES; i++)
		s->suites[i] = &dtls_suites[i];
	for (i = 0; i < DTLS_GROUPS; i++)
		s->groups[i] = &dtls_groups[i];
	s->n_suites = DTLS_SUITES;
	s->n_groups = DTLS_GROUPS;
	s->cid = true;
	s->mtu = 1400;
	s->psk = peer_psk;
	s->psk_arg = p;
	s->random = &p->random;
	p->fd = sim_udp_open(h, port, peer_receive, p);
}

void
dtls_peer_end(struct dtls_peer *p)
{
	sock_close(p->fd);
	p->fd = FD_NONE;
}

void
dtls_peer_call(struct dtls_peer *p, const struct addr *to)
{
	p->to = *to;
	p->begun = true;
	p->edited = DTLS_OVER;
	dtls_start(&p->dtls, &p->handshake, &p->setup, NULL, peer_now_ms());
	dtls_peer_output(p);
}

size_t
dtls_peer_seal(struct dtls_peer *p, uint8_t type, uint64_t seq,
    const uint8_t *iv, const void *data, size_t len, uint8_t *out)
{
	uint8_t *at = out + DTLS_HEAD;
	int failed;

	if (len > 0)
		memcpy(at, data, len);
	if (seq == UINT64_MAX)
		seq = p->dtls.write.seq++;
	failed = dtls_seal_as(&p->dtls.write, type, iv, seq, &at, &len);
	if (failed != 0)
		abort();
	memmove(out, at, len);
	return len;
}

void
dtls_peer_send(struct dtls_peer *p, uint8_t type, const void *data,
    size_t len)
{
	uint8_t out[DTLS_HEAD + DTLS_PEER_ROOM + DTLS_TAIL];

	dtls_peer_raw(p, out, dtls_peer_seal(p, type, UINT64_MAX, NULL, data,
	    len, out));
}

void
dtls_peer_replace(struct dtls_peer *p, uint8_t type, const uint8_t *body,
    size_t len)
{
	struct dtls_flight *f = &p->handshake.flight;
	uint8_t *at = f->bytes, *end = f->bytes + f->len;
	size_t old;

	while (at < end && at[0] != type)
		at += DTLS_MESSAGE + get_be16(at + 2);
	if (at == end)
		abort();
	old = get_be16(at + 2);
	if (len > old)
		abort();
	memcpy(at + DTLS_MESSAGE, body, len);
	at += DTLS_MESSAGE;
	memmove(at + len, at + old, (size_t)(end - at) - old);
	dtls_fragment_write(at - DTLS_MESSAGE, type, len,
	    get_be16(at - DTLS_MESSAGE + 4), 0, len);
	f->len -= old - len;
}

static bool
peer_is_up(void *arg)
{
	const struct dtls_peer *p = arg;

	return p->up > 0;
}

bool
dtls_peer_wait(struct dtls_peer *p, uint64_t max_ms)
{
	return sim_run_until(peer_is_up, p, max_ms * SIM_MS);
}

/* What dtls_peer_wait_data() waits for. */
struct peer_wait {
	const struct dtls_peer *peer;
	unsigned n;
};

static bool
peer_has(void *arg)
{
	const struct peer_wait *w = arg;

	return w->peer->got_n >= w->n;
}

bool
dtls_peer_wait_data(struct dtls_peer *p, unsigned n, uint64_t max_ms)
{
	struct peer_wait w = { p, n };

	return sim_run_until(peer_has, &w, max_ms * SIM_MS);
}
