/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Who may read the status on the web: where it listens, with which token, and
 * by which names it may be asked for.
 */

#ifndef DAEMON_WEB_ACCESS_H
#define DAEMON_WEB_ACCESS_H

#include "base/addr.h"
#include "daemon/web.h"
#include "wire/http_request.h"

/* Zeroed: nothing is set. */
struct web_access {
	struct addr at;		/* where it listens */
	char *token;		/* the secret; NULL: none is needed */
	char *hosts;		/* further names, separated by commas; NULL */
};

/* Copies what the settings say, and reads the token where they refer to it.  0,
 * or -1 and the fault.  web_access_free() at last. */
int web_access_read(struct web_access *, const struct web_settings *,
    struct fault *);

/* Is the host of a request, with or without a port, one of ours: the address
 * that was connected to, a loopback address, localhost, or one of the further
 * names?  NULL: there is none, as browsers never do; that is good. */
bool web_access_host(const struct web_access *, const char *host,
    const struct addr *local);

/* Has the request the token, in Authorization or as its parameter `token`, if
 * one is needed? */
bool web_access_token(const struct web_access *, const struct http_request *);

/* Frees it, the token wiped. */
void web_access_free(struct web_access *);

#endif
