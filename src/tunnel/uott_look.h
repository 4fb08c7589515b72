/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Is what a stream was given acknowledged, or is its path dead?
 *
 * NOTES.  The owner begins when it gives the stream something, and looks each
 * UOTT_LOOK_MS until nothing is on its way.  Progress is seen by the bytes that
 * the socket took less those that the system still holds (sock_unsent()).
 * Where the system does not report that, bytes that came are used, if the peer
 * spoke within the last minute: nothing comes from one that only listens.
 */

#ifndef TUNNEL_UOTT_LOOK_H
#define TUNNEL_UOTT_LOOK_H

#include "net/stream.h"

enum {
	UOTT_LOOK_MS = 250,	/* between two looks */
	UOTT_SILENT_MS = 2000,	/* without an acknowledgement; at least three
				 * round trips */
	UOTT_TRIED_MS = 1000,	/* the same, with an MSS that is tried */
	UOTT_UNTOLD_MS = 4000,	/* where acknowledgements are not reported */
};

/* What a look sees. */
enum uott_seen {
	UOTT_IDLE,		/* nothing is on its way: look no more */
	UOTT_WAITING,		/* for an acknowledgement, not for too long */
	UOTT_MOVING,		/* one came since the last look */
	UOTT_SILENT,		/* none came for too long */
};

struct uott_look {
	uint64_t acked;		/* bytes acknowledged by the newest look */
	uint64_t since_ms;	/* no progress since */
	uint64_t silent_ms;	/* silent since, and nothing came; 0: it is
				 * not, or something came */
};

/* Begins; the stream, which is up, is about to be given something. */
void uott_look_begin(struct uott_look *, const struct stream *,
    uint64_t now_ms);

/* Looks.  tried: the stream's MSS is one that is tried (redial_is_tried()). */
enum uott_seen uott_look(struct uott_look *, const struct stream *,
    bool tried, uint64_t now_ms);

/* Was the stream silent, and did nothing come on it since, though its peer had
 * spoken in the minute before?  It may be acknowledged again then; but the
 * peer's first segment may be due much later than ours was. */
bool uott_look_is_unheard(const struct uott_look *, const struct stream *);

#endif
