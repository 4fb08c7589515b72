/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a stalled stream says of its path: is it gone, or does it drop long
 * packets?
 *
 * NOTES.  Where the system reports nothing of connections, the path may always
 * drop long packets.
 */

#ifndef TUNNEL_STALL_H
#define TUNNEL_STALL_H

#include "net/stream.h"
#include "tunnel/mss.h"

/* A handshake is not done, MSS_STALL_MS after it began: is the peer's part
 * missing, though ours was acknowledged? */
bool stall_is_of_handshake(const struct stream *);

/* Nothing was acknowledged since then, though something is on its way: what
 * speaks for long packets being dropped? */
enum mss_sign stall_sign(const struct stream *, uint64_t since_ms,
    uint64_t now_ms);

#endif
