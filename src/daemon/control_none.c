/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A build without the control socket.
 */

#include "compat.h"

#include "daemon/control.h"

#include <string.h>

#include "base/fault.h"
#include "daemon/process.h"

int
control_start(struct control **control, struct process *p, struct fault *f)
{
	const char *path = p->settings.control;

	*control = NULL;
	if (path == NULL || strcmp(path, "none") == 0)
		return 0;
	return fault_user(f, "control", "control: this build has no control "
	    "socket: it was configured --without-control");
}

void
control_stop(struct control *control)
{
	(void)control;
}
