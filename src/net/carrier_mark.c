/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Packets of carriers go around default routes by their mark.
 */

#include "compat.h"

#include "net/carrier.h"

#include "net/rights.h"

const char carrier_refused[] =
    "the mark was refused (it needs CAP_NET_ADMIN)";

int
carrier_mark(fd_t fd, uint32_t mark, const struct addr *to)
{
	(void)to;
	return rights_mark(fd, mark);
}
