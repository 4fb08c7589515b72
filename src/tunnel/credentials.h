/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Certificate, key and trust anchors of an end, from the files that its
 * settings name.
 *
 * NOTES.  Connections use what was loaded when they began: each holds its
 * credentials, which live as long as one does.  New ones take their place
 *
 *	at a reload			all files are read again
 *	when a handshake begins		if the files of certificate or key have
 *					changed; looked at every
 *					CREDENTIALS_LOOK_MS at most
 *
 * and only if key and certificate belong together: a pair that is half written
 * changes nothing.
 */

#ifndef TUNNEL_CREDENTIALS_H
#define TUNNEL_CREDENTIALS_H

#include "base/file.h"
#include "tunnel/trust.h"
#include "tunnel/tunnel.h"
#include "wire/tls.h"

/* What was seen of two files. */
struct credentials_look {
	struct file_stamp cert, key;
};

/* Certificate, key and trust anchors of a TLS end; owns all memory that the
 * setup points to, but what trust has. */
struct credentials {
	unsigned users;		/* the end, and its connections */
	struct tls_setup setup;	/* for the connections */
	struct trust *trust;	/* trust anchors */
	struct pem_chain chain;	/* our certificate and its issuers */
	struct pem_key key;	/* its private key */
	struct pem_space own;	/* memory of both */
	uint64_t print;		/* of the text of both */
	uint64_t looked_ms;	/* when their files were looked at last */
	struct credentials_look looked;	/* what these were when they were
				 * read, */
	struct credentials_look told;	/* and when a fault was logged last */
};

/* Do the settings of an end of that name say which files to read?  0, or -1 and
 * the fault. */
int credentials_check(const char *name, const struct settings *, bool server,
    struct fault *);

/* Reads the files that the settings of an end name, and checks that they are
 * consistent.  was (NULL: none): what they had before; it is returned, with one
 * user more, if nothing has changed.  NULL and the fault, with the remedy, when
 * they are not.  The caller releases with credentials_free(). */
struct credentials *credentials_load(const struct end *,
    const struct settings *, bool server, struct credentials *was,
    struct fault *);

/* A handshake begins: if that is due, looks whether the files of certificate
 * and key have changed.  Returns new credentials if they have, with the same
 * trust anchors; NULL: go on with these.  A fault is logged once. */
struct credentials *credentials_renew_own(struct credentials *,
    const struct end *, const struct settings *);

/* The same, with one user more; NULL is harmless. */
struct credentials *credentials_share(struct credentials *);

/* One user less; without any it is wiped and freed.  NULL is harmless. */
void credentials_free(struct credentials *);

#endif
