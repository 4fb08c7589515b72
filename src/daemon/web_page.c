/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status as a page: puts values into the texts of daemon/page.html.
 *
 * NOTES.  The page can be read as it is.  Where there is JavaScript, page.js
 * reads it anew and changes what has changed, so that values are written here
 * only.
 */

#include "compat.h"

#include "daemon/web_reply.h"

#include "base/escape.h"
#include "base/human.h"
#include "daemon/page_text.h"
#include "wire/digest.h"

/* The parts, in their order; those of tunnels and peers repeat. */
enum page_step {
	PAGE_TOP,
	PAGE_TUNNEL,
	PAGE_PEER,
	PAGE_AFTER,
	PAGE_BOTTOM,
	PAGE_END,
};

static const char *const page_texts[] = {
	[PAGE_TOP] = page_top,
	[PAGE_TUNNEL] = page_tunnel,
	[PAGE_PEER] = page_peer,
	[PAGE_AFTER] = page_after,
	[PAGE_BOTTOM] = page_bottom,
	[PAGE_END] = "",
};

/*
 * Numbers
 */

/* Microseconds; -1: not known. */
static void
put_rtt(struct text *t, int64_t us)
{
	if (us < 0)
		text_add(t, "&ndash;");
	else
		human_add_us(t, us);
}

static void
put_number(struct text *t, uint64_t n)
{
	text_add(t, "%llu", (unsigned long long)n);
}

/* A number, its thousands separated. */
static void
put_count(struct text *t, uint64_t n)
{
	char digits[24];
	size_t len, i;

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	len = strlen(digits);
	for (i = 0; i < len; i++)
		text_add(t, i > 0 && (len - i) % 3 == 0 ? ",%c" : "%c",
		    digits[i]);
}

/* A number and what is counted, which has an s unless it is one. */
static void
put_counted(struct text *t, uint64_t n, const char *what)
{
	put_count(t, n);
	text_add(t, " %s%s", what, n == 1 ? "" : "s");
}

static void
put_ago(struct text *t, int64_t s)
{
	human_add_span(t, s);
	text_add(t, " ago");
}

/*
 * Values
 */

/* The values, by their names in page.html. */
enum value {
	V_ALL, V_LIVE, V_MARK, V_SUMMARY, V_VERSION, V_CARRIER, V_CAUSES,
	V_COUNT, V_DOWN, V_DOWNN, V_ERROR, V_FLOWS, V_LEFT_END, V_LOSS, V_LOST,
	V_MORE, V_NAME, V_PEERS, V_RAW_DOWN, V_RAW_RTT, V_RAW_UP, V_RIGHT_END,
	V_RTT, V_SINCE, V_STATE, V_TITLE, V_UP, V_UPN, V_WARN, P_ADDRESS,
	P_DOWN, P_FLOWS, P_HEARD, P_INNER, P_KEY, P_LOST, P_NAME, P_RTT, P_UP,
	VALUES,
};

static const char value_names[VALUES][8] = {
	[V_ALL] = "all", [V_LIVE] = "uptime", [V_MARK] = "mark",
	[V_SUMMARY] = "summary", [V_VERSION] = "version",
	[V_CARRIER] = "carrier", [V_CAUSES] = "causes", [V_COUNT] = "count",
	[V_DOWN] = "down", [V_DOWNN] = "downn", [V_ERROR] = "error",
	[V_FLOWS] = "flows", [V_LEFT_END] = "left", [V_LOSS] = "loss",
	[V_LOST] = "lost", [V_MORE] = "more", [V_NAME] = "name",
	[V_PEERS] = "peers", [V_RAW_DOWN] = "rawdown", [V_RAW_RTT] = "rawrtt",
	[V_RAW_UP] = "rawup", [V_RIGHT_END] = "right", [V_RTT] = "rtt",
	[V_SINCE] = "since", [V_STATE] = "state", [V_TITLE] = "title",
	[V_UP] = "up", [V_UPN] = "upn", [V_WARN] = "warn",
	[P_ADDRESS] = "p_addr", [P_DOWN] = "p_down", [P_FLOWS] = "p_flows",
	[P_HEARD] = "p_heard", [P_INNER] = "p_inner", [P_KEY] = "p_key",
	[P_LOST] = "p_lost", [P_NAME] = "p_name", [P_RTT] = "p_rtt",
	[P_UP] = "p_up",
};

/* How many tunnels run, or do not. */
static void
put_summary(struct text *t, uint64_t all, uint64_t bad)
{
	if (bad == 0 && all == 1) {
		text_add(t, "The tunnel runs");
	} else if (bad == 0) {
		text_add(t, "All ");
		put_counted(t, all, "tunnel");
		text_add(t, " run");
	} else {
		put_count(t, bad);
		text_add(t, " of ");
		put_counted(t, all, "tunnel");
		text_add(t, bad == 1 ? " does not run" : " do not run");
	}
}

/* For how long, and when something is tried again. */
static void
put_since(struct text *t, int64_t since_s, int64_t retry_s)
{
	text_add(t, "for ");
	human_add_span(t, since_s);
	if (retry_s < 0)
		return;
	text_add(t, ", next attempt in ");
	human_add_span(t, retry_s);
}

static void
put_end(struct text *t, const struct status_end *end)
{
	escape_html(t, end->kind);
	text_add(t, ":");
	escape_html(t, end->address);
}

/* The end that knows a carrier, or RIGHT. */
static const struct facts *
carrier_facts(const struct status_tunnel *one)
{
	const struct facts *left = &one->end[LEFT].facts;
	const struct facts *right = &one->end[RIGHT].facts;

	return right->protocol[0] == '\0' && left->protocol[0] != '\0' ?
	    left : right;
}

/* A further part of a list, if there is one. */
static void
put_part(struct text *t, const char *part)
{
	if (*part == '\0')
		return;
	text_add(t, ", ");
	escape_html(t, part);
}

/* What is known of a carrier. */
static void
put_carrier(struct text *t, const struct facts *f)
{
	char text[ADDR_TEXT];

	if (f->protocol[0] == '\0')
		return;
	escape_html(t, f->protocol);
	put_part(t, f->suite);
	put_part(t, f->resumed == FACTS_RESUMED ? "resumed" : "");
	put_part(t, f->name);
	put_part(t, f->address.family == 0 ? "" :
	    addr_text(&f->address, text));
	if (f->connections < 0)
		return;
	text_add(t, ", ");
	put_counted(t, (uint64_t)f->connections, "connection");
}

/* The certificates that end soon. */
static void
put_warn(struct text *t, const struct status_end end[2], int64_t now_s)
{
	static const char *const sides[] = { "left", "right" };
	int64_t days;
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++) {
		if (end[i].facts.cert_end_s == 0)
			continue;
		days = status_cert_days(end[i].facts.cert_end_s, now_s);
		if (days > STATUS_CERT_DAYS)
			continue;
		text_add(t, "The certificate of the %s end ", sides[i]);
		if (days < 0) {
			text_add(t, "has ended: renew it. ");
			continue;
		}
		text_add(t, "ends in ");
		put_counted(t, (uint64_t)days, "day");
		text_add(t, ": renew it. ");
	}
}

static uint64_t
sum_lost(const uint64_t lost[LOST_CAUSES])
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < LOST_CAUSES; i++)
		sum += lost[i];
	return sum;
}

/* Inner addresses. */
static void
put_inner(struct text *t, const struct facts *f)
{
	char text[ADDR_TEXT];
	unsigned i;

	for (i = 0; i < f->n_inner && i < FACTS_INNER; i++)
		text_add(t, i > 0 ? ", %s" : "%s", addr_ip_text(&f->inner[i],
		    text));
	if (f->n_inner > i)
		text_add(t, " and %u more", f->n_inner - i);
}

/* Appends a value of the process; false: it is none. */
static bool
put_whole(const struct status_process *p, struct text *t, enum value value)
{
	uint64_t bad = p->tunnels - p->running;

	switch (value) {
	case V_ALL:
		text_add(t, bad == 0 ? "running" : "failed");
		break;
	case V_LIVE:
		text_add(t, "up ");
		human_add_span(t, p->now_s - p->start_s);
		break;
	case V_MARK:
		text_add(t, bad == 0 ? "" : "! ");
		break;
	case V_SUMMARY:
		put_summary(t, p->tunnels, bad);
		break;
	case V_VERSION:
		escape_html(t, p->version);
		break;
	default:
		return false;
	}
	return true;
}

/* Appends a value of what a tunnel carries, and how well; false: it is none. */
static bool
put_traffic(const struct status_tunnel *one, struct text *t, enum value value)
{
	const struct facts *f = carrier_facts(one);

	switch (value) {
	case V_DOWN:
	case V_UP:
		human_add_bytes(t, one->totals.bytes[value == V_UP ? LEFT :
		    RIGHT]);
		break;
	case V_DOWNN:
	case V_UPN:
		put_counted(t, one->totals.datagrams[value == V_UPN ? LEFT :
		    RIGHT], "datagram");
		break;
	case V_LOSS:
		if (f->loss_ppm >= 0)
			text_add(t, "%u.%02u %% lost",
			    (unsigned)(f->loss_ppm / 10000),
			    (unsigned)(f->loss_ppm / 100 % 100));
		break;
	case V_RAW_DOWN:
	case V_RAW_UP:
		put_number(t, one->totals.bytes[value == V_RAW_UP ? LEFT :
		    RIGHT]);
		break;
	case V_RAW_RTT:
		if (f->rtt_us >= 0)
			put_number(t, (uint64_t)f->rtt_us);
		break;
	case V_RTT:
		put_rtt(t, f->rtt_us);
		break;
	default:
		return false;
	}
	return true;
}

/* Appends the last error of a tunnel, if it has had one. */
static void
put_error(struct text *t, const struct status_tunnel *one, int64_t now_s)
{
	if (one->error_s == 0)
		return;
	put_ago(t, now_s - one->error_s);
	text_add(t, ": ");
	escape_html(t, one->error);
}

/* Appends that there are peers which the page does not show. */
static void
put_more(struct text *t, const struct status_tunnel *one)
{
	if (one->peers <= WEB_PAGE_PEERS)
		return;
	text_add(t, "and ");
	put_count(t, one->peers - WEB_PAGE_PEERS);
	text_add(t, " more, which status.json has");
}

/* Appends a value of the process or of the present tunnel. */
static void
put_value(const struct web_reply *r, struct text *t, enum value value)
{
	const struct status_process *p = &r->whole;
	const struct status_tunnel *one = &r->one;
	const struct facts *f = carrier_facts(one);
	char text[LOSSES_TEXT];

	if (put_whole(p, t, value) || put_traffic(one, t, value))
		return;
	switch (value) {
	case V_CARRIER:
		put_carrier(t, f);
		break;
	case V_CAUSES:
		losses_text(one->totals.lost, text);
		escape_html(t, text);
		break;
	case V_COUNT:
		put_number(t, one->peers);
		break;
	case V_ERROR:
		put_error(t, one, p->now_s);
		break;
	case V_FLOWS:
		put_counted(t, one->flows, "flow");
		break;
	case V_LEFT_END:
	case V_RIGHT_END:
		put_end(t, &one->end[value == V_LEFT_END ? LEFT : RIGHT]);
		break;
	case V_LOST:
		put_count(t, sum_lost(one->totals.lost));
		break;
	case V_MORE:
		put_more(t, one);
		break;
	case V_NAME:
		escape_html(t, one->name);
		break;
	case V_PEERS:
		put_count(t, one->peers);
		break;
	case V_SINCE:
		put_since(t, p->now_s - one->since_s, one->retry_s);
		break;
	case V_STATE:
		text_add(t, "%s", status_state_text(one->state));
		break;
	case V_TITLE:
		escape_html(t, one->name[0] != '\0' ? one->name : "Tunnel");
		break;
	case V_WARN:
		put_warn(t, one->end, p->now_s);
		break;
	default:
		break;
	}
}

/* Appends a value of a peer. */
static void
put_peer_value(const struct status_peer *p, struct text *t,
    enum value value)
{
	char text[ADDR_TEXT] = "";

	if (p->address.family != 0)
		(void)addr_ip_text(&p->address, text);
	if (value == P_ADDRESS && p->address.port != 0)
		(void)addr_text(&p->address, text);
	if (value == P_ADDRESS || (value == P_KEY && p->name[0] == '\0'))
		text_add(t, "%s", text);
	else if (value == P_KEY || (value == P_NAME && p->name[0] != '\0'))
		escape_html(t, p->name);
	else if (value == P_NAME)
		text_add(t, "without name");
	else if (value == P_UP || value == P_DOWN)
		human_add_bytes(t, p->bytes[value == P_UP ? LEFT : RIGHT]);
	else if (value == P_FLOWS || value == P_LOST)
		put_count(t, value == P_FLOWS ? p->flows : p->lost);
	else if (value == P_INNER)
		put_inner(t, &p->facts);
	else if (value == P_RTT)
		put_rtt(t, p->facts.rtt_us);
	else if (value == P_HEARD && p->heard_s < 0)
		text_add(t, "never");
	else if (value == P_HEARD)
		put_ago(t, p->heard_s);
}

/*
 * The page
 */

/* Appends the value of that name, of n bytes; false: it does not fit. */
static bool
put_named(const struct web_reply *r, struct text *t, const char *name,
    size_t n)
{
	struct text before = *t;
	unsigned i = 0;

	while (i < VALUES && (strlen(value_names[i]) != n ||
	    memcmp(value_names[i], name, n) != 0))
		i++;
	if (i >= P_ADDRESS)
		put_peer_value(&r->peers[r->peer], t, (enum value)i);
	else
		put_value(r, t, (enum value)i);
	if (t->room > 1)
		return true;
	*t = before;
	*t->at = '\0';
	return false;
}

/* Takes the next peer to be shown; false: there is none. */
static bool
next_peer(struct web_reply *r)
{
	if (r->index++ >= WEB_PAGE_PEERS)
		return false;
	if (++r->peer < r->n_peers)
		return true;
	/* A reload may have changed the tunnels since the last piece. */
	if (!web_find_tunnel(r))
		return false;
	r->peer = 0;
	r->n_peers = (unsigned)status_peers(r->process, r->tunnel, &r->cursor,
	    r->peers, sizeof(r->peers) / sizeof(r->peers[0]));
	return r->n_peers > 0;
}

/* Takes the tunnel of r->tunnel; false: there is none. */
static bool
take_tunnel(struct web_reply *r)
{
	if (r->tunnel >= status_tunnels(r->process))
		return false;
	status_tunnel(r->process, r->tunnel, &r->one);
	r->cursor = 0;
	r->index = r->n_peers = r->peer = 0;
	return true;
}

/* The part that follows the present one. */
static enum page_step
next_step(struct web_reply *r)
{
	switch ((enum page_step)r->step) {
	case PAGE_TUNNEL:
	case PAGE_PEER:
		return next_peer(r) ? PAGE_PEER : PAGE_AFTER;
	case PAGE_AFTER:
		r->tunnel += web_find_tunnel(r);
		return take_tunnel(r) ? PAGE_TUNNEL : PAGE_BOTTOM;
	case PAGE_TOP:
		return take_tunnel(r) ? PAGE_TUNNEL : PAGE_BOTTOM;
	case PAGE_BOTTOM:
	case PAGE_END:
		break;
	}
	return PAGE_END;
}

/* Appends the value at r->at, "{NAME}"; false: it does not fit. */
static bool
put_token(struct web_reply *r, struct text *t)
{
	const char *name = r->at + 1;
	size_t n = strcspn(name, "}");

	if (n == 5 && memcmp(name, "style", 5) == 0)
		r->inside = page_style;
	else if (n == 6 && memcmp(name, "script", 6) == 0)
		r->inside = page_script;
	else if (!put_named(r, t, name, n))
		return false;
	r->at = name + n + 1;
	return true;
}

bool
web_page_more(struct web_reply *r, struct text *t)
{
	if (r->at == NULL) {
		status_process(r->process, &r->whole);
		r->at = page_texts[PAGE_TOP];
	}
	while (r->step != PAGE_END) {
		if (r->inside != NULL) {
			r->inside = web_put_until(t, r->inside, '\0');
			if (*r->inside != '\0')
				return true;
			r->inside = NULL;
		}
		r->at = web_put_until(t, r->at, '{');
		if (*r->at == '\0') {
			r->step = next_step(r);
			r->at = page_texts[r->step];
		} else if (*r->at != '{' || !put_token(r, t)) {
			return true;
		}
	}
	return false;
}

/* Appends the hash of a text as a policy has it. */
static void
put_hash(struct text *t, const char *text)
{
	char hash[DIGEST_BASE64];

	text_add(t, "'sha256-%s'", digest_base64(text, strlen(text), hash));
}

void
web_page_policy(char policy[WEB_POLICY])
{
	struct text t;

	text_init(&t, policy, WEB_POLICY);
	text_add(&t, "default-src 'none'; script-src ");
	put_hash(&t, page_script);
	text_add(&t, "; style-src ");
	put_hash(&t, page_style);
	text_add(&t, "; connect-src 'self'; img-src data:; base-uri 'none'; "
	    "form-action 'none'; frame-ancestors 'none'");
}
