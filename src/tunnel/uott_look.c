/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds out whether a stream's peer acknowledges what it is sent.
 */

#include "compat.h"

#include "tunnel/uott_look.h"

enum { UOTT_TALK_MS = 60000 };	/* a peer that spoke so lately would answer */

void
uott_look_begin(struct uott_look *l, const struct stream *s, uint64_t now_ms)
{
	long unsent = sock_unsent(s->fd);

	l->since_ms = now_ms;
	l->silent_ms = 0;
	l->acked = unsent < 0 ? 0 : s->taken - (uint64_t)unsent;
}

/* Looks where the system does not report acknowledgements. */
static enum uott_seen
look_untold(const struct uott_look *l, const struct stream *s,
    uint64_t now_ms)
{
	if (s->heard_ms > l->since_ms ||
	    s->heard_ms + UOTT_TALK_MS < l->since_ms)
		return UOTT_IDLE;
	return now_ms - l->since_ms < UOTT_UNTOLD_MS ? UOTT_WAITING :
	    UOTT_SILENT;
}

/* Looks at the acknowledgements, if the system reports them. */
static enum uott_seen
look_at_acks(struct uott_look *l, const struct stream *s, bool tried,
    uint64_t now_ms)
{
	long unsent = sock_unsent(s->fd);
	struct sock_tcp t = { .on_way = true };
	uint64_t acked;

	if (unsent < 0)
		return look_untold(l, s, now_ms);
	acked = s->taken - (uint64_t)unsent;
	if (unsent == 0 && stream_unsent(s) == 0)
		return UOTT_IDLE;
	if (acked > l->acked) {
		l->acked = acked;
		l->since_ms = now_ms;
		return UOTT_MOVING;
	}
	if (now_ms - l->since_ms < (tried ? UOTT_TRIED_MS : UOTT_SILENT_MS))
		return UOTT_WAITING;
	if (sock_tcp(s->fd, &t) != 0)
		return UOTT_SILENT;
	if (!t.on_way) {
		l->since_ms = now_ms;	/* the peer takes no more for now */
		return UOTT_MOVING;
	}
	return now_ms - l->since_ms < 3 * (uint64_t)t.rtt_ms ? UOTT_WAITING :
	    UOTT_SILENT;
}

enum uott_seen
uott_look(struct uott_look *l, const struct stream *s, bool tried,
    uint64_t now_ms)
{
	enum uott_seen seen = look_at_acks(l, s, tried, now_ms);

	if (s->heard_ms > l->silent_ms)
		l->silent_ms = 0;
	if (seen == UOTT_SILENT && l->silent_ms == 0)
		l->silent_ms = now_ms;
	return seen;
}

bool
uott_look_is_unheard(const struct uott_look *l, const struct stream *s)
{
	return l->silent_ms != 0 && s->heard_ms <= l->silent_ms &&
	    s->heard_ms + UOTT_TALK_MS > l->silent_ms;
}
