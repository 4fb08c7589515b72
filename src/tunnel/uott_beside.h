/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Looks whether the connection of a dialling uott end is of use, and makes a
 * second one beside it where that may be better.
 */

#ifndef TUNNEL_UOTT_BESIDE_H
#define TUNNEL_UOTT_BESIDE_H

#include "tunnel/uott_dial.h"

/* A flow is about to send: begins to look whether that is acknowledged, unless
 * that is done already. */
void uott_beside_watch(struct caller *);

/* Makes a second connection, which is to replace the one that is up; after a
 * back-off when that has been of no use itself.  silent: with a group, at a
 * different endpoint. */
void uott_beside_dial(struct caller *, bool silent);

#endif
