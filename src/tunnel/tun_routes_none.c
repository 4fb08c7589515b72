/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * No routes into the device of an end: this build has none, or none for this
 * system.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/tun_routes.h"

#include "tunnel/tun_dev.h"

int
tun_routes_check(const char *name, const struct settings *s, struct fault *f)
{
	if (s->routes.nets.n == 0 && !s->routes.all && !s->killswitch)
		return 0;
	return fault_user(f, "route", "%s: route: this Adit sets no routes; "
	    "set them by a program (up=), or by hand", name);
}

void
tun_routes_wanted(const struct settings *s, const struct settings *right,
    struct tun_settings *device, struct route_settings *routes)
{
	(void)right;
	tun_dev_settings(s, device);
	memset(routes, 0, sizeof(*routes));
}

int
tun_routes_start(struct tun_dev *dev, const struct settings *s,
    struct fault *f)
{
	(void)s;
	(void)f;
	memset(&dev->routes, 0, sizeof(dev->routes));
	return 0;
}

void
tun_routes_carried(struct tun_dev *dev)
{
	if (dev->routes.carried)
		return;
	dev->routes.carried = true;
	updown_carried(dev->end.tunnel, "carried");
}

void
tun_routes_lost(struct tun_dev *dev)
{
	if (!dev->routes.carried)
		return;
	dev->routes.carried = false;
	updown_lost(dev->end.tunnel, "silent");
}

void
tun_routes_restore(struct tun_dev *dev)
{
	(void)dev;
}

void
tun_routes_stop(struct tun_dev *dev)
{
	dev->routes.carried = false;
}
