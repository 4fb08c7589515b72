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

/* What a TLS end shows and trusts; owns all memory that the setup uses. */
struct credentials {
	struct tls_setup setup;
	struct pem_chain chain;
	struct pem_key key;
	struct pem_anchors few;	/* the anchors of a small file, in memory */
	struct anchors many;	/* those of a large one, left there */
	struct tls_sessions sessions;	/* a server's, for its clients */
	struct pem_space own, trusted;	/* memory of chain and key; of few */
};

/* Reads the files that the settings of an end name and checks that they fit
 * together; NULL and the fault, with the remedy, when they do not.  The caller
 * releases with credentials_free(). */
struct credentials *credentials_load(const struct end *,
    const struct settings *, bool server, struct fault *);

/* Does the system have a file of certificates to trust? */
bool credentials_have_store(void);

/* Wipes and frees; NULL is harmless. */
void credentials_free(struct credentials *);

#endif
