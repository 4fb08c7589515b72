/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the files of `tun` on the RIGHT (end_tun_right.c) share.
 */

#ifndef TUNNEL_TUN_RIGHT_H
#define TUNNEL_TUN_RIGHT_H

#include "tunnel/tun_dev.h"
#include "tunnel/tun_inner.h"
#include "tunnel/tun_table.h"

/* Silence of a flow that has lost its address, after which it ends. */
enum { RIGHT_SILENCE_MS = 60000 };

struct right {
	struct tun_dev dev;
	struct tun_table table;
	struct tun_inner *inner;	/* NULL: any address is free */
	struct tun_inner *fresh;	/* loaded by tun_right_prepare(), or
				 * NULL */
	bool nets[2];		/* IPv4, IPv6: clients have addresses of the
				 * networks in settings only */
	struct log_limit refused_limit, taken_limit;
};

struct right_leg {
	struct tun_leg base;
	struct tun_owner owner;
	struct timer silence;	/* ends it; set when it has no address */
	uint64_t silence_ms;	/* how long it may be silent then */
	struct timer asked;	/* set while it is asked, */
	unsigned questions;	/* so often by now */
	bool heard;		/* something came since */
	unsigned beats;		/* keep-alives sent since something came */
};

static inline struct right *
right_of(struct end *end)
{
	return (struct right *)end;
}

static inline struct right_leg *
right_leg_of(struct leg *leg)
{
	return (struct right_leg *)leg;
}

static inline struct loop *
right_loop(const struct right_leg *l)
{
	return l->base.leg.end->tunnel->loop;
}

static inline struct right_leg *
right_leg_of_owner(struct tun_owner *owner)
{
	return LIST_ITEM(owner, struct right_leg, owner);
}

/* Has it an inner address, or is it the newest flow of a name that has some in
 * the inner-file? */
static inline bool
right_leg_is_found(const struct right_leg *l)
{
	return l->owner.n_global > 0 || (l->owner.name != NULL &&
	    l->owner.name->pinned && !tun_owner_is_replaced(&l->owner));
}

/*
 * Silence (tun_right_silence.c)
 */

/* A flow has lost an address, or begins: if it has none, it ends after so much
 * silence. */
void tun_right_watch(struct right_leg *, uint64_t silence_ms);

/* Asks a flow whether it is there, if its peer knows probes. */
void tun_right_ask(struct right *, struct right_leg *);

/* A flow has begun: the others of its name are asked. */
void tun_right_ask_older(struct right *, const struct right_leg *);

/*
 * Sources (tun_right_source.c)
 */

/* A flow sends from an address, src, that is not its own yet: may it?  If not,
 * the loss is counted. */
bool tun_right_claim(struct right *, struct right_leg *, const struct addr *src,
    const struct addr *dst);

/*
 * Names (tun_right_inner.c)
 */

/* Gets ready for names and addresses; 0, or -1 and the fault. */
int tun_right_start_table(struct right *, struct fault *);

/* end_ops.prepare and renew: the inner-file is read again. */
int tun_right_prepare(struct end *, const struct settings *, struct fault *);
void tun_right_renew(struct end *, const struct settings *);

#endif
