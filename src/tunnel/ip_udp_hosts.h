/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where udptun sends the packets for an inner address: a map (wire/hostmap.h)
 * out of a file or from a URL, kept up to date, and the addresses of its
 * hosts.
 *
 * NOTES.  A file is looked at while packets are sent, at most once in
 * HOSTS_LOOK_MS, and read again when it has changed.  A URL is fetched by a
 * timer.  A reload reads either at once.
 * Names are looked up when a map is read, and again as often as the
 * URL, while packets are sent.  On any failure the previous map and addresses
 * stay in use.
 */

#ifndef TUNNEL_IP_UDP_HOSTS_H
#define TUNNEL_IP_UDP_HOSTS_H

#include "tunnel/tunnel.h"

struct ip_udp_hosts;

/* Called when the map was read for the first time. */
typedef void ip_udp_hosts_ready_fn(struct end *);

/* Begins with the file or URL of the settings, one of which is there; ip4 and
 * ip6: packets can go to such addresses.  A file is read at once.  0, or -1
 * and the fault.  The caller frees what is put at *hosts, which is NULL, with
 * ip_udp_hosts_free() in either case. */
int ip_udp_hosts_start(struct ip_udp_hosts **hosts, struct end *,
    const struct settings *, bool ip4, bool ip6,
    ip_udp_hosts_ready_fn *ready, struct fault *);

/* Reads what a reload is to take into use: the file, or the certificates for
 * the URL.  0, or -1 and the fault: nothing is held, and all stays as it is. */
int ip_udp_hosts_prepare(struct ip_udp_hosts *, const struct settings *,
    struct fault *);

/* Takes that into use, and fetches the URL at once; settings NULL: leaves all
 * as it is. */
void ip_udp_hosts_renew(struct ip_udp_hosts *, const struct settings *);

/* NULL is harmless. */
void ip_udp_hosts_free(struct ip_udp_hosts *);

/* Is there a map? */
bool ip_udp_hosts_known(const struct ip_udp_hosts *);

/* To be called before packets are sent: looks whether all is up to date. */
void ip_udp_hosts_look(struct ip_udp_hosts *);

/* Where the packets for an address go to; NULL when it is unknown.  Good until
 * the loop's next turn. */
const struct addr *ip_udp_hosts_find(const struct ip_udp_hosts *,
    const uint8_t inner[4]);

#endif
