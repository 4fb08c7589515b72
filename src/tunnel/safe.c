/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels that let strangers in, or that anybody on the way can read: which
 * they are.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/safe.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "tunnel/plan.h"
#include "tunnel/tunnel.h"

/* What a kind of end does for what it carries. */
enum protection {
	PLAIN,			/* nothing */
	PLAIN_OR_TLS,		/* encrypts with the key `tls` */
	TLS,			/* encrypts; a server knows its clients by
				 * `cafile` */
	KEYS,			/* encrypts; each side knows the other */
};

static const struct {
	const char *kind;
	enum protection protection;
} carriers[] = {
	{ "tcp-listen", PLAIN }, { "tcp", PLAIN },
	{ "udp2tcp-listen", PLAIN }, { "udp2tcp", PLAIN },
	{ "ip-udp", PLAIN },
	{ "uott-listen", PLAIN_OR_TLS }, { "uott", PLAIN_OR_TLS },
	{ "tls-listen", TLS }, { "tls", TLS },
	{ "dtls-listen", KEYS }, { "dtls", KEYS },
};

/* What an end does.  A plain UDP port, which is not in the list, does
 * nothing. */
static enum protection
protection_of(const struct plan_end *e)
{
	size_t i;

	for (i = 0; i < sizeof(carriers) / sizeof(*carriers); i++) {
		if (strcmp(carriers[i].kind, e->kind->name) != 0)
			continue;
		if (carriers[i].protection == PLAIN_OR_TLS)
			return e->settings.tls ? TLS : PLAIN;
		return carriers[i].protection;
	}
	return PLAIN;
}

/* Is it a UDP port? */
static bool
end_is_port(const struct plan_end *e)
{
	return strcmp(e->kind->name, "udp") == 0 ||
	    strcmp(e->kind->name, "udp-listen") == 0;
}

/* The end that the network is behind, or NULL. */
static const struct plan_end *
plan_carrier(const struct plan *p)
{
	const struct plan_end *left = &p->end[LEFT], *right = &p->end[RIGHT];

	if (left->kind->device || right->kind->device)
		return left->kind->device && right->kind->device ? NULL :
		    left->kind->device ? right : left;
	if (end_is_port(left) && end_is_port(right))
		return NULL;
	return end_is_port(left) ? right : left;
}

/* Does it not leave this machine? */
static bool
end_is_local(const struct plan_end *e)
{
	const char *host = e->settings.at.host;
	struct addr a;

	if (text_same_nocase(host, "localhost"))
		return true;
	return addr_of_literal(&a, host, 0) == 0 && addr_is_loopback(&a);
}

int
safe_check(const struct plan *p, struct fault *f)
{
	const struct plan_end *left = &p->end[LEFT];
	enum protection protection = protection_of(left);

	const struct plan_end *right = &p->end[RIGHT];

	if (!p->native || p->tunnel.insecure || !right->kind->device ||
	    left->kind->device || end_is_local(left) || protection == KEYS ||
	    (protection == TLS && left->settings.cafile != NULL))
		return 0;
	return fault_user(f, "right", "%s:%.40s: this device would be open to "
	    "all who reach %s:%.100s, which asks for neither key nor "
	    "certificate: %s, or take dtls-listen, or listen on 127.0.0.1; "
	    "if all may come in, set insecure", right->kind->name,
	    right->address, left->kind->name, left->address,
	    protection == TLS ? "add cafile=" : "take tls-listen with "
	    "cafile=");
}

void
safe_warn(const struct plan *p)
{
	const struct plan_end *e = plan_carrier(p);

	if (!p->native || p->tunnel.insecure || e == NULL ||
	    protection_of(e) != PLAIN || end_is_local(e))
		return;
	log_warn("%s:%.100s is not encrypted: who sees its packets can read "
	    "them, and write others, unless what is inside is protected by "
	    "itself", e->kind->name, e->address);
}
