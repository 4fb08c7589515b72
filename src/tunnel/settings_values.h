/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Values of settings that have a form of their own, for the rows of settings.c.
 */

#ifndef TUNNEL_SETTINGS_VALUES_H
#define TUNNEL_SETTINGS_VALUES_H

#include "base/opt.h"

/* A mark, or none. */
extern const struct opt_other settings_mark_value;
/* The MSS of a carrier. */
extern const struct opt_other settings_tcp_mss_value;
/* Networks; each call adds some. */
extern const struct opt_other settings_proxies_value;
/* An address of a device; each call adds one. */
extern const struct opt_other settings_address_value;
/* An MTU, or auto. */
extern const struct opt_other settings_inner_mtu_value;
/* An MSS, auto, or off. */
extern const struct opt_other settings_mss_value;
/* A network, or default; each call adds one. */
extern const struct opt_other settings_route_value;
/* PORT, :PORT or HOST:PORT. */
extern const struct opt_other settings_local_value;
/* SECONDS or SECONDS-SECONDS. */
extern const struct opt_other settings_span_value;
/* COUNT/SECONDS, or 0. */
extern const struct opt_other settings_rate_value;
/* PORT,PORT-PORT and so on. */
extern const struct opt_other settings_ports_value;

#endif
