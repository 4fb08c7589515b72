/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tun` and paths that swallow long packets: padded probes (wire/path_mtu.h)
 * over carriers whose datagrams are packets of the network.
 *
 * NOTES.  Only a peer that has answered the question of one byte is asked, as
 * an older one would count and log longer ones.  The LEFT asks as soon as it
 * has.  The RIGHT, which may have thousands of clients, asks a client only when
 * it sends a long packet to it, and begins TUN_PATH_SEARCHES searches in a
 * second.  Afterwards both ask again only while long packets are sent.
 *
 * A peer that searches is followed: what is bad one way is often bad both ways.
 * Long packets that are sent meanwhile are kept, the newest of a conversation,
 * and answered by ICMP when it turns out that they were lost.
 *
 * Padded questions are answered always, unless the carrier is `steady`.
 */

#ifndef TUNNEL_TUN_PATH_H
#define TUNNEL_TUN_PATH_H

#include "tunnel/tun_dev.h"

enum { TUN_PATH_SEARCHES = 250 };	/* of an end, in a second */

/* Begins for a leg that is zeroed. */
void tun_path_init(struct tun_dev *, struct tun_leg *);

/* n packets are being sent, and l->path.look_ms has come. */
void tun_path_sent(struct tun_dev *, struct tun_leg *, const struct dgram *,
    unsigned n);

/* The leg closes: what was kept of it is forgotten. */
void tun_path_forget(struct tun_dev *, const struct tun_leg *);

/* The peer has answered the question of one byte. */
void tun_path_heard(struct tun_dev *, struct tun_leg *);

/* The peer asks a padded question, which names that size: answers it, and
 * begins a search if the question is a reason to.  Afterwards flow->dead may be
 * true. */
void tun_path_asked(struct tun_dev *, struct tun_leg *, const struct dgram *,
    uint16_t size);

/* The peer has answered that padded question.  Afterwards flow->dead may be
 * true. */
void tun_path_answered(struct tun_dev *, struct tun_leg *, uint32_t number,
    uint16_t size);

#endif
