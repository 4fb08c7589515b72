/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The web server of the status: metrics, JSON, health and a page.
 *
 * NOTES.  It only reads: nothing that is asked changes anything.  Threats, and
 * what is done about each:
 *
 *	strangers		off loopback a token is required, of which each
 *				byte is compared
 *	web sites that the	they cannot read answers of a different origin;
 *	operator visits		the Host must be an address of ours, so that a
 *				name of theirs that leads here (DNS rebinding)
 *				makes no origin; no answer may be framed or
 *				embedded
 *	slow clients		a request has WEB_REQUEST_MS, each piece of an
 *				answer WEB_PIECE_MS to be taken; for one more
 *				than WEB_CONNECTIONS the oldest is closed
 *	names of strangers	are escaped in each format by its rules; the
 *				page runs only the script and has only the
 *				style whose hashes the policy names
 *
 * An answer is written as its reader takes it, a piece in a turn of the loop,
 * so it needs memory for a piece only, whatever its length is.
 */

#ifndef DAEMON_WEB_H
#define DAEMON_WEB_H

#include "compat.h"

struct fault;
struct loop;
struct process;
struct web;

/* Settings of the server; members of struct process_settings.  Texts are
 * borrowed. */
struct web_settings {
	const char *at;		/* HOST:PORT; NULL: no server */
	const char *token;	/* secret, or a reference (daemon/secret.h);
				 * NULL: none */
	const char *hosts;	/* further names that Host may have, separated
				 * by commas; NULL: none */
};

/* Option rows, into a struct that has a struct web_settings at `base`. */
#define WEB_AT(base, member) ((base) + offsetof(struct web_settings, member))

#define WEB_ROWS(base) \
	{ .name = OPT_WORDS("status", OPT_NONE, "HOST:PORT", \
	  HELP("serve the status there, to browsers")), .type = OPT_TEXT, \
	  .at = WEB_AT(base, at) }, \
	{ .name = OPT_WORDS("status-token", OPT_NONE, "SECRET", \
	  HELP("token that is needed to read it")), .type = OPT_TEXT, \
	  .at = WEB_AT(base, token), .secret = true }, \
	{ .name = OPT_WORDS("status-host", OPT_NONE, "NAMES", \
	  HELP("further names to serve it under")), .type = OPT_TEXT, \
	  .at = WEB_AT(base, hosts) }

/* Are the settings right, as far as that is known without opening anything?
 * 0, or -1 and the fault. */
int web_check(const struct web_settings *, struct fault *);

/* Opens the server of a process whose settings web_check() accepts, and that
 * are borrowed only during the call.  If the address cannot be listened on now,
 * that is logged once, and tried again each WEB_RETRY_MS.  NULL, and a fault
 * unless no server is set.  The caller closes it with web_close(). */
struct web *web_open(const struct process *, struct loop *,
    const struct web_settings *, struct fault *);

/* Closes it and all connections, and frees it; harmless with NULL. */
void web_close(struct web *);

#endif
