/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Accounts on Windows: who this process is, who is at the other end of a pipe,
 * and whose a pipe is.
 *
 * NOTES.  Accounts are SIDs in their text form, "S-1-5-18", since their names
 * are in the language of the system, and a look-up of a name may ask a domain.
 */

#ifndef NET_LOCAL_SID_H
#define NET_LOCAL_SID_H

#include "net/local.h"

/* Writes the SID that stands for this process in access lists: that of its
 * service, if it has one, since several services share the accounts of the
 * system; else its user's.  0, or -1. */
int local_sid_own(char sid[LOCAL_USER]);

/* Writes the SID of the user of this process; 0, or -1. */
int local_sid_user(char sid[LOCAL_USER]);

/* Writes the SID that is to own our pipes: that of the administrators, if we
 * are one, so that each of them trusts it; else that of our user.  0, or -1. */
int local_sid_owner(char sid[LOCAL_USER]);

/* Fills in the client at the other end of a pipe, from which bytes were
 * read. */
void local_sid_peer(void *pipe, struct local_peer *);

/* Writes the SID of the owner of a pipe, "unknown" when it is not told.  Is it
 * one that can be trusted with what we say: the system, administrators, a
 * service, or ourselves? */
bool local_sid_trusts(void *pipe, char owner[LOCAL_USER]);

#endif
