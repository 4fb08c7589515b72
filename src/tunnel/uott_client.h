/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A connection that a listening uott end has accepted, with a leg for each of
 * its tags; those of udp2tcp have one tag.
 *
 * NOTES.  A frame whose tag has no flow begins one; this includes tags whose
 * flow has expired here but not at the peer.  A flow ends with its connection:
 * a tag is valid on one connection only.
 */

#ifndef TUNNEL_UOTT_CLIENT_H
#define TUNNEL_UOTT_CLIENT_H

#include "base/table.h"
#include "tunnel/tcp_admit.h"
#include "tunnel/tcp_ports.h"
#include "tunnel/uott_mux.h"

enum { UOTT_TAG_KEY = 10 };	/* bytes of a key: connection and tag */

/* An end. */
struct mux_port {
	struct mux mux;
	struct tcp_ports ports;
	struct table tags;	/* struct tag_leg by its key */
	struct tcp_admit admit;	/* limits of struct client; strangers are
				 * pending */
	struct list idle;	/* struct client by state, below; in each the */
	struct list busy;	/* one that has been in it longest is first */
	int64_t timeout_ms;	/* for the TLS handshake, or first flow */
	bool prompt;		/* udp2tcp: a flow must begin in time */
	uint64_t last_number;	/* of the newest client */
	struct log_limit closed_limit;	/* of lines about closed connections, */
	struct log_limit up_limit;	/* and about those with a first flow */
};

/*
 * A connection.
 *
 *	state		flows		late			evicted
 *	stranger	none so far	TLS handshake, or	first
 *					udp2tcp's first flow
 *	busy		some		-			never
 *	idle		none left	-			second
 */
struct client {
	struct mux_conn conn;
	struct list link;	/* in mux_port->idle or busy, or in none */
	struct list legs;	/* struct tag_leg */
	struct tag_leg *newest;	/* leg of the last frame; NULL: none */
	uint64_t number;	/* counts from 1 */
	uint64_t up_ms;		/* when it was up */
	bool told;		/* that was logged */
	struct timer late;	/* end of the time for handshake or flow */
	struct tcp_place place;	/* its places in mux_port->admit */
};

/* A leg. */
struct tag_leg {
	struct mux_leg mux;
	struct table_node node;	/* in mux_port->tags */
	uint8_t key[UOTT_TAG_KEY];	/* tag_key(): its key there */
	struct list link;	/* in client->legs */
};

static inline struct mux_port *
mux_port_of_end(struct end *end)
{
	return (struct mux_port *)end;
}

static inline struct loop *
mux_port_loop(const struct mux_port *e)
{
	return e->mux.framed.end.tunnel->loop;
}

/* Begins with an accepted connection, for which there is room; false: there is
 * no memory, or the system refuses what it needs, which is logged as a refusal;
 * fd is closed. */
bool uott_client_accept(struct mux_port *, fd_t fd, const struct addr *from);

/* Closes a connection for a reason of ours, and logs it.  Its flows end; it is
 * freed at the end of this turn of the loop. */
void uott_client_close(struct client *, const char *why);

/* The same without a word: the end stops. */
void uott_client_stop(struct client *);

/* mux->leg_of, conn_up and conn_down. */
struct mux_leg *uott_client_leg_of(struct mux_conn *, uint16_t tag, unsigned n);
void uott_client_up(struct mux_conn *);
void uott_client_down(struct mux_conn *, const char *why, bool clean);

/* end_ops.close */
void uott_client_leg_close(struct leg *);

#endif
