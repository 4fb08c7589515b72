/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Super-packets of a TUN device: what was read is cut into datagrams, and what
 * is to be written is joined.
 *
 * NOTES.  It reads and writes nothing itself, so that simulated devices use it,
 * too.  What was read is kept here, and not in the arena, until it is cut up: a
 * super-packet may be more packets than a batch.
 */

#ifndef NET_TUN_SUPER_H
#define NET_TUN_SUPER_H

#include "net/dgram.h"
#include "wire/coalesce.h"
#include "wire/segment.h"

/* Memory for the super-packets of a device.  Zeroed is ready to use. */
struct tun_super {
	uint8_t bytes[VNET_HEADER + DGRAM_MAX];	/* the newest that was
				 * read */
	bool bad;		/* it is nothing that a kernel sends */
	struct segments rest;	/* what was not cut off so far */
	struct coalesce join;	/* what is to be written */
};

/* n bytes were read into super->bytes; nothing is left of those before. */
void tun_super_read(struct tun_super *, size_t n);

/* Is something left of them? */
bool tun_super_is_left(const struct tun_super *);

/* Cuts packets off, max at most, into copies of the arena; returns how many.
 * What is no packet becomes an empty one, for the caller to count. */
unsigned tun_super_cut(struct tun_super *, struct arena *, struct dgram *,
    unsigned max);

#endif
