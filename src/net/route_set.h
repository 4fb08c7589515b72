/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The routes that lead into a TUN device.
 *
 * NOTES.  Backends are whole files, chosen by configure: route_set_linux.c or
 * route_set_none.c, each with route_set_marks.c; or route_set_bsd.c.
 *
 * A default route is one for each family.  All packets of the machine follow
 * it but those with the tunnel's mark, which are the carrier's, and those that
 * have a route in the main table other than a default one: the networks that
 * the machine is connected to.  Where there are no marks, all packets to the
 * carrier's servers are exempt.
 *
 * A process that is killed leaves some of this behind.  Whatever is set is
 * recognised, and removed by the next route_set_open().  Where that one has a
 * lasting default route, the machine stays closed until it is set.
 */

#ifndef NET_ROUTE_SET_H
#define NET_ROUTE_SET_H

#include "sock.h"

#include "base/nets.h"

enum {
	ROUTE_SET_MARK = 0xad17,	/* of carriers, unless the user has
				 * chosen one */
	ROUTE_SET_WHY = 300,	/* holds why something was not set */
};

/* Do packets of a carrier go around default routes by a mark?  Else its servers
 * have routes of their own (net/carrier.h). */
bool route_set_has_marks(void);

/* What becomes of the packets of a family that have no other route. */
enum route_default {
	ROUTE_DEFAULT_NONE,	/* what becomes of them without us */
	ROUTE_DEFAULT_DEVICE,	/* they go into the device */
	ROUTE_DEFAULT_BLOCKED,	/* they are refused as unreachable */
};

/* What is to be set. */
struct route_settings {
	const char *device;	/* its name; borrowed */
	struct nets nets;	/* they lead into the device */
	enum route_default def[2];	/* of IPv4, of IPv6 */
	bool lasting;		/* nothing leaks when the process is killed */
	uint32_t mark;		/* of the carrier's packets */
	struct addr server;	/* of the carrier; family 0: any, as it has a
				 * name, or several */
};

/* What is set.  Zeroed it is closed. */
struct route_set {
	struct route_settings settings;
	fd_t claim[2];		/* the default route of a family is ours while
				 * it is open */
	bool open;
	bool on;		/* default routes are set */
};

/* Removes what killed processes have left, and sets the networks, but no
 * default route yet.  0, or -1 and why. */
int route_set_open(struct route_set *, const struct route_settings *,
    char why[ROUTE_SET_WHY]);

/* Sets the default routes, or removes them; 0, or -1 and why. */
int route_set_default(struct route_set *, bool on, char why[ROUTE_SET_WHY]);

/* Sets all again that was lost with the device, which is back; 0, or -1 and
 * why. */
int route_set_restore(struct route_set *, char why[ROUTE_SET_WHY]);

/* Removes everything.  Harmless when it is closed. */
void route_set_close(struct route_set *);

/* Closes it; but where its default routes last, and are set, the machine stays
 * closed until the next lasting ones of the same families are set, or
 * route_set_release(). */
void route_set_leave(struct route_set *);

/* Opens the machine again, after a route_set_leave() that nobody follows. */
void route_set_release(void);

/* Where there are no marks: has packets to a server go around the default
 * routes of this process, those that are set and those that will be; or (on is
 * false) no longer.  0, or -1 and errno. */
int route_set_server(const struct addr *, bool on);

/* The same: the routes of the machine may have changed, by which these servers
 * are reached.  0, or -1 and errno. */
int route_set_follow(void);

#endif
