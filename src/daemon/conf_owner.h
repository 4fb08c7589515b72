/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whether a configuration may run programs.
 */

#ifndef DAEMON_CONF_OWNER_H
#define DAEMON_CONF_OWNER_H

struct setup;

/* Refuses the tunnels that run programs, if others than root and us can change
 * the file of that path, one that it includes, or a folder above them. */
void conf_owner_check(struct setup *, const char *path);

#endif
