/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Certificates, keys and trust anchors of an end, from the files that its
 * settings name.
 */

#ifndef TUNNEL_CREDENTIALS_H
#define TUNNEL_CREDENTIALS_H

#include "net/anchors.h"
#include "tunnel/tunnel.h"
#include "wire/tls.h"

/* Certificates, key and trust anchors of a TLS end; owns all memory that the
 * setup points to. */
struct credentials {
	struct tls_setup setup;	/* for the connections */
	struct pem_chain chain;	/* our certificate and its issuers */
	struct pem_key key;	/* its private key */
	struct pem_anchors few;	/* trust anchors of a small file, in memory */
	struct anchors many;	/* those of a large file, read on demand */
	struct tls_sessions sessions;	/* a server's, for resumption */
	struct pem_space own, trusted;	/* memory of chain and key; of few */
};

/* Do the settings of an end of that name say which files to read?  0, or -1 and
 * the fault. */
int credentials_check(const char *name, const struct settings *, bool server,
    struct fault *);

/* Reads the files that the settings of an end name, and checks that they are
 * consistent.  NULL and the fault, with the remedy, when they are not.  The
 * caller releases with credentials_free(). */
struct credentials *credentials_load(const struct end *,
    const struct settings *, bool server, struct fault *);

/* Does the system have a file of trust anchors? */
bool credentials_have_store(void);

/* Wipes and frees all of it; NULL is harmless. */
void credentials_free(struct credentials *);

#endif
