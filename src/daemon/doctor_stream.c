/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The doctor's steps TCP and TLS.
 *
 * NOTES.  A handshake whose long segments get lost stalls: our hello, which is
 * short, is acknowledged, and the server's certificate never comes.  A server
 * that says nothing looks the same.  So after such a time-out the same is tried
 * with a lower MSS, as the ends do it (tunnel/mss.h); if that works the path is
 * the cause, which the step path MTU then says.
 */

#include "compat.h"

#include "daemon/doctor_step.h"

#include "base/text.h"
#include "base/value.h"
#include "tunnel/stall.h"

/* What is tried after a time-out, one after the other. */
static const int doctor_mss[] = { 1360, 1000, 536 };

/*
 * TCP
 */

/* How connections are made by the settings. */
static struct tcp_options
doctor_tcp_options(const struct doctor *d)
{
	const struct settings *s = &d->plan->end[RIGHT].settings;
	struct tcp_options o = { 0 };

	o.receive_buffer = (int)s->receive_buffer;
	o.send_buffer = (int)s->send_buffer;
	o.mss = (int)s->tcp_mss;
	o.mark_set = s->mark >= 0;
	o.mark = (uint32_t)s->mark;
	return o;
}

static void
doctor_connected(struct tcp_dial *dial, fd_t fd, const struct addr *to,
    const char *why)
{
	struct doctor *d = LIST_ITEM(dial, struct doctor, stream.dial);
	char text[ADDR_TEXT];
	struct sock_tcp tcp;

	if (fd == FD_NONE) {
		doctor_fail(d, doctor_remedy_tcp(dial->error,
		    doctor_tcp_options(d).mark_set), "%s", why);
		return;
	}
	d->stream.fd = fd;
	d->stream.peer = *to;
	if (sock_tcp(fd, &tcp) == 0 && tcp.rtt_ms > 0)
		doctor_pass(d, "connected to %s, a round trip takes %lu ms",
		    addr_text(to, text), (unsigned long)tcp.rtt_ms);
	else
		doctor_pass(d, "connected to %s", addr_text(to, text));
}

void
doctor_tcp(struct doctor *d)
{
	if (d->carrier[RIGHT] != DOCTOR_BY_TCP &&
	    d->carrier[RIGHT] != DOCTOR_BY_TLS) {
		doctor_skip(d, "this tunnel dials no TCP");
		return;
	}
	d->stream.mss = 0;
	d->stream.options = doctor_tcp_options(d);
	tcp_dial_known(&d->stream.dial, d->loop, d->addr, d->n_addr,
	    &d->stream.options, doctor_timeout_ms(d), doctor_connected);
}

/*
 * TLS
 */

/* The engine has ended the handshake. */
static void
doctor_judged(struct stream *s, int error, const struct tls_verify *verify)
{
	struct doctor *d = LIST_ITEM(s, struct doctor, stream.stream);
	struct doctor_verdict *v = &d->stream.verdict;

	v->error = error;
	if (verify == NULL)
		return;
	v->fault = verify->fault;
	v->leaf = verify->leaf;
}

/* The handshake is done: says with what and with whom. */
static void
doctor_tls_up(struct stream *s)
{
	struct doctor *d = LIST_ITEM(s, struct doctor, stream.stream);
	const struct doctor_verdict *v = &d->stream.verdict;
	char carried[STREAM_TEXT], day[16];

	timer_stop(&d->stream.late);
	cert_day_text(v->leaf.not_after_s, day);
	doctor_pass(d, "%s; the server's certificate \"%s\" is for %s, was "
	    "issued by \"%s\" and is valid until %s (%lld days)%s",
	    stream_text(s, carried), v->leaf.subject, v->leaf.names,
	    v->leaf.issuer, day, (long long)(v->leaf.not_after_s -
	    clock_wall_s()) / 86400, d->stream.mss == 0 ? "" : "; but only "
	    "with shorter segments");
}

static void
doctor_tls_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	(void)s;
	(void)p;
	(void)n;
	(void)head;
}

static void
doctor_tls_drained(struct stream *s)
{
	(void)s;
}

/* The bytes of a text of tls_why() before the remedy that it has for a
 * certificate, in place of which ours is shown. */
static size_t
tls_why_len(const struct doctor_verdict *v, const char *why)
{
	const char *end = strstr(why, "; ");

	if (v->fault == VERIFY_OK || v->fault == VERIFY_NOT_DONE ||
	    end == NULL)
		return strlen(why);
	return (size_t)(end - why);
}

static void
doctor_tls_down(struct stream *s, const char *why, bool clean)
{
	static const char cut[] = "find out what listens there: perhaps a "
	    "server without TLS (then use tcp in place of tls, or uott without "
	    "the key tls), a different service, or a proxy whose server does "
	    "not run; a reset may also come from a firewall that does not let "
	    "TLS through: try port 443, or another network";
	struct doctor *d = LIST_ITEM(s, struct doctor, stream.stream);
	const struct settings *set = &d->plan->end[RIGHT].settings;

	timer_stop(&d->stream.late);
	if (d->stream.verdict.error == 0)
		doctor_fail(d, cut, "%s", stream_was_cut(s, clean) && !clean ?
		    "the connection was reset within the TLS handshake" : why);
	else
		doctor_fail(d, doctor_remedy_tls(&d->stream.verdict,
		    set->cert != NULL), "%.*s", (int)tls_why_len(
		    &d->stream.verdict, why), why);
}

static const struct stream_ops doctor_tls_ops = {
	doctor_tls_up, doctor_tls_data, doctor_tls_drained, doctor_tls_down,
};

static void doctor_tls_late(struct timer *);

/* Begins the handshake on the connection. */
static void
doctor_tls_begin(struct doctor *d)
{
	const struct settings *s = &d->plan->end[RIGHT].settings;
	fd_t fd = d->stream.fd;

	d->stream.fd = FD_NONE;
	memset(&d->stream.verdict, 0, sizeof(d->stream.verdict));
	stream_env_open(&d->stream.env, d->loop, &d->random, &doctor_tls_ops);
	d->stream.env.tls = &d->credentials->setup;
	d->stream.env.name = s->tls_name != NULL ? s->tls_name : d->aim.at.host;
	d->stream.env.judged = doctor_judged;
	if (stream_open(&d->stream.stream, &d->stream.env, fd,
	    &d->stream.peer) != 0) {
		doctor_fail(d, "free some memory", "%s",
		    sock_strerror(errno));
		return;
	}
	timer_set(&d->stream.late, d->loop, loop_now(d->loop) +
	    (uint64_t)doctor_timeout_ms(d), doctor_tls_late);
}

/* A connection with a lower MSS was made. */
static void
doctor_connected_again(struct tcp_dial *dial, fd_t fd, const struct addr *to,
    const char *why)
{
	struct doctor *d = LIST_ITEM(dial, struct doctor, stream.dial);

	if (fd == FD_NONE) {
		doctor_fail(d, doctor_remedy_tcp(dial->error,
		    doctor_tcp_options(d).mark_set), "no TLS handshake in "
		    "time, and then: %s", why);
		return;
	}
	d->stream.fd = fd;
	d->stream.peer = *to;
	doctor_tls_begin(d);
}

/* The handshake has stalled: dials with the next lower MSS; false: there is
 * none. */
static bool
doctor_lower_mss(struct doctor *d)
{
	struct doctor_stream *s = &d->stream;
	unsigned i;

	if (d->plan->end[RIGHT].settings.tcp_mss != 0)
		return false;
	for (i = 0; i < sizeof(doctor_mss) / sizeof(doctor_mss[0]); i++) {
		if (s->mss != 0 && doctor_mss[i] >= s->mss)
			continue;
		s->mss = s->options.mss = doctor_mss[i];
		tcp_dial_known(&s->dial, d->loop, &s->peer, 1, &s->options,
		    doctor_timeout_ms(d), doctor_connected_again);
		return true;
	}
	return false;
}

static void
doctor_tls_late(struct timer *t)
{
	static const char mute[] = "look at the log of the server: does a "
	    "server with TLS listen on that port (a server without TLS waits "
	    "for more), and does it still run?  If it never sees the "
	    "connection, a proxy or a firewall on the way has taken it";
	struct doctor *d = LIST_ITEM(t, struct doctor, stream.late);
	bool stalls = stall_is_of_handshake(&d->stream.stream);
	char limit[32];

	stream_close(&d->stream.stream);
	stream_env_close(&d->stream.env);
	if (stalls && doctor_lower_mss(d))
		return;
	doctor_fail(d, mute, "connected, but no TLS handshake within %s s%s",
	    value_ms_text(doctor_timeout_ms(d), limit), d->stream.mss == 0 ?
	    "" : ", and not with short segments either");
}

void
doctor_tls(struct doctor *d)
{
	if (d->carrier[RIGHT] != DOCTOR_BY_TLS)
		doctor_skip(d, "this tunnel dials no TLS");
	else
		doctor_tls_begin(d);
}

void
doctor_stream_close(struct doctor *d)
{
	struct doctor_stream *s = &d->stream;

	tcp_dial_stop(&s->dial);
	timer_stop(&s->late);
	stream_close(&s->stream);
	stream_env_close(&s->env);
	sock_close(s->fd);
	s->fd = FD_NONE;
}
