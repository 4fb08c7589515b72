/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The routes into the device of an end.
 *
 * NOTES.  Routes to networks are there as long as the device.  Default routes
 * are set when the carrier is up for the first time, since before that they
 * would only keep the server's name from being looked up.  They are removed
 * when the carrier is lost (`carried` is false), and set again when it is back.
 * With a kill switch they are there from the start to the end.
 */

#ifndef TUNNEL_TUN_ROUTES_H
#define TUNNEL_TUN_ROUTES_H

#include "base/log.h"
#include "net/route.h"
#include "net/route_set.h"
#include "tunnel/settings.h"

struct fault;
struct tun_dev;
struct tun_settings;

struct tun_routes {
	struct route_set set;
	struct route_watch follow;	/* for the ways to the servers; started
					 * while default routes are set where
					 * there are no marks */
	struct log_limit follow_limit;	/* of lines about servers without */
	bool wanted;		/* there are default routes */
	bool carried;		/* the carrier was up, and is not lost */
};

/* Can a device have these routes?  0, or -1 and the fault. */
int tun_routes_check(const char *name, const struct settings *,
    struct fault *);

/* What settings say that a device and its routes are to be like, as far as that
 * is known before it is open.  def: ROUTE_DEFAULT_BLOCKED stands for that or
 * ROUTE_DEFAULT_DEVICE, by the addresses of the device.  right: the settings of
 * the end on the right. */
void tun_routes_wanted(const struct settings *, const struct settings *right,
    struct tun_settings *device, struct route_settings *routes);

/* Sets what is to be there with the device, which is open.  0, or -1 and the
 * fault; then nothing is set. */
int tun_routes_start(struct tun_dev *, const struct settings *,
    struct fault *);

/* The carrier is up, or the other device was heard. */
void tun_routes_carried(struct tun_dev *);

/* The carrier has been down, or silent, for long. */
void tun_routes_lost(struct tun_dev *);

/* The device was opened again. */
void tun_routes_restore(struct tun_dev *);

/* Removes all of them. */
void tun_routes_stop(struct tun_dev *);

#endif
