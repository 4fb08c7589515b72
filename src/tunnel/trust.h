/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whom a TLS end trusts: its trust anchors, and the sessions of clients that
 * these have vouched for.
 *
 * NOTES.  Credentials share it (tunnel/credentials.h): a renewed certificate
 * has nothing to do with it, and its clients can resume their sessions.
 */

#ifndef TUNNEL_TRUST_H
#define TUNNEL_TRUST_H

#include "base/file.h"
#include "net/anchors.h"
#include "tunnel/tunnel.h"
#include "wire/tls.h"

enum {
	TRUST_FILE_MAX = 8 * 1024 * 1024,	/* bytes of a file of
				 * certificates */
};

/* Counted by those that use it. */
struct trust {
	unsigned users;		/* freed with the last of them */
	const struct pem_anchors *anchors;	/* of the two below; NULL: a
				 * server that requests no certificates */
	struct pem_anchors few;	/* trust anchors of a small file, in memory, */
	struct pem_space space;	/* and that memory */
	struct anchors many;	/* those of a large file, read on demand */
	struct tls_sessions sessions;	/* a server's, for resumption; places
				 * NULL: there was no memory */
	uint64_t print;		/* of the text of `few`; 0: there is none */
	struct file_stamp stamp;	/* of the file of `many` */
	const char *store;	/* the system's file or store that they are
				 * from, for messages; NULL: the settings name
				 * it */
};

/* Loads the trust anchors that the settings of an end name, or the system's;
 * for one user.  was (NULL: none): returned, with one user more, if it is the
 * same.  NULL and the fault, with the remedy, when that fails. */
struct trust *trust_load(const struct end *, const struct settings *,
    bool server, struct trust *was, struct fault *);

/* The same, with one user more. */
struct trust *trust_share(struct trust *);

/* One user less; without any it is wiped and freed.  NULL is harmless. */
void trust_release(struct trust *);

/* Does the system have trust anchors? */
bool trust_have_store(void);

#endif
