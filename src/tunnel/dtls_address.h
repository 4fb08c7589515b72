/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * To which address a flow of the `dtls` end goes: the endpoint of a group,
 * look-ups, and the address of a name that is tried second.
 *
 * NOTES.  A name may have an IPv4 and an IPv6 address, one of which leads
 * nowhere.  So when the first does not reply within DTLS_ADDRESS_SECOND_MS, an
 * address of the other family is tried in parallel, or where there is none a
 * different one.
 */

#ifndef TUNNEL_DTLS_ADDRESS_H
#define TUNNEL_DTLS_ADDRESS_H

#include "tunnel/target.h"

enum {
	DTLS_ADDRESS_SECOND_MS = 1500,	/* until the second one is tried */
};

struct dtls_address;
struct dtls_search;

/* Called with n addresses, which are borrowed; n is 0: there is none, and why
 * has the reason. */
typedef void dtls_address_fn(struct dtls_address *, const struct addr *,
    unsigned n, const char *why);

/* Called when the second address is due. */
typedef void dtls_second_fn(struct dtls_address *);

/* Of an end. */
struct dtls_addresses {
	struct target target;
	bool resolve_once;
	int64_t timeout_ms;	/* for a look-up */
	struct addr known;	/* the server's address; family 0: to be looked
				 * up */
};

/* Of a flow. */
struct dtls_address {
	struct dtls_addresses *end;
	struct endpoint endpoint;	/* that was chosen in a group */
	struct dtls_search *search;	/* a look-up and the second address;
				 * NULL: neither, as for most of the time */
};

/* Begins with the settings; names the end after them. */
void dtls_addresses_init(struct dtls_addresses *, struct end *,
    const struct settings *);

/* Chooses an endpoint for a flow, whose struct is zeroed. */
void dtls_address_init(struct dtls_address *, struct dtls_addresses *);

/* Writes where it goes, as HOST:PORT; returns text. */
const char *dtls_address_text(const struct dtls_address *,
    char text[HOST_TEXT + 16]);

/* Finds the addresses and calls found(): from within if they are known, or
 * there is no memory, else later. */
void dtls_address_find(struct dtls_address *, dtls_address_fn *found);

/* The first of n addresses is being tried: chooses the second, if there is one,
 * and calls second_due() later. */
void dtls_address_plan_second(struct dtls_address *, const struct addr *first,
    const struct addr *, unsigned n, dtls_second_fn *second_due);

/* Takes the second address, which is then tried, and not offered again.  False:
 * there is none. */
bool dtls_address_take_second(struct dtls_address *, struct addr *to);

/* The endpoint did not answer. */
void dtls_address_failed(struct dtls_address *);

/* The same, and chooses a different one where there is a group. */
void dtls_address_leave(struct dtls_address *);

/* The endpoint answered. */
void dtls_address_answered(struct dtls_address *);

/* Calls neither found() nor second_due() any more, and frees what they need. */
void dtls_address_stop(struct dtls_address *);

#endif
