/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The reload of a process: it follows its configuration file, and the files
 * that this names, without a restart.
 *
 * NOTES.  What a reload does, in this order:
 *
 *	1. the log is opened again
 *	2. the configuration file is read; where more is wrong than one or a
 *	   few tunnels, all stays as it was
 *	3. keys of [daemon] change, as far as they can while it runs
 *	4. tunnels stop that are not in the file any more
 *	5. tunnels change; one with a fault stays as it was
 *	6. tunnels start that are new, or could not start before
 *
 * A process without a file, that of a command line, does 1, and reads again the
 * files that its settings name.
 */

#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "compat.h"

#include "daemon/faults.h"
#include "daemon/process.h"

struct setup;

/* What a reload has done with the tunnels. */
struct reload_counts {
	unsigned same;		/* not in the change; their files were read */
	unsigned renewed;	/* changed, and their flows go on */
	unsigned restarted;	/* replaced, or started at last */
	unsigned added, removed;
	unsigned failed;	/* with a fault: as they were, or not running */
};

/* Makes members of the tunnels of a setup that have no fault, and replaces
 * references to secrets; for the start of a process.  What is wrong is added to
 * the faults of the setup. */
void reload_begin(struct process *, struct setup *);

/* Reloads at once; never in a callback of a tunnel.  Adds to the faults, which
 * the caller frees, all that is wrong; these are logged as well.  0, or -1:
 * there are some. */
int reload_run(struct process *, struct faults *, struct reload_counts *);

#endif
