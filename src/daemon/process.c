/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The settings of the process.
 */

#include "compat.h"

#include "daemon/process.h"

const char *const process_levels[] = {
	"fatal", "error", "warn", "info", "debug", "trace", "crit=fatal", NULL
};

const char *const process_facilities[] = { "daemon", NULL };

const struct opt process_rows[] = {
	PROCESS_LOG_ROWS(0),
	PROCESS_DAEMON_ROWS(0),
	{ .name = "strict", .type = OPT_ON, .at = PROCESS_AT(0, strict),
	  .help = "no tunnel runs while one of them cannot" },
	{ .name = NULL }
};
