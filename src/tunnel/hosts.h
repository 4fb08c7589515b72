/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where udptun sends the packets for an inner address: a map (wire/peers.h)
 * out of a file or from a URL, kept up to date, and the addresses of its
 * hosts.
 *
 * NOTES.  A file is looked at while packets are sent, at most once in
 * HOSTS_LOOK_MS, and read again when it has changed.  A URL is fetched by a
 * timer.  Names are looked up when a map is read, and again as often as the
 * URL, while packets are sent.  Whatever fails, what was known stays.
 */

#ifndef TUNNEL_HOSTS_H
#define TUNNEL_HOSTS_H

#include "tunnel/tunnel.h"

struct hosts;

/* Called when the map was read for the first time. */
typedef void hosts_ready_fn(struct end *);

/* Begins with the file or URL of the settings, one of which is there; ip4 and
 * ip6: packets can go to such addresses.  A file is read at once: errors of
 * the user end the program.  The caller frees what is put at *hosts, which is
 * NULL, with hosts_free(). */
void hosts_start(struct hosts **hosts, struct end *, const struct settings *,
    bool ip4, bool ip6, hosts_ready_fn *ready);

/* NULL is harmless. */
void hosts_free(struct hosts *);

/* Is there a map? */
bool hosts_known(const struct hosts *);

/* To be called before packets are sent: looks whether all is up to date. */
void hosts_look(struct hosts *);

/* Where the packets for an address go to; NULL when nobody knows.  Good until
 * the loop's next turn. */
const struct addr *hosts_find(const struct hosts *, const uint8_t inner[4]);

#endif
