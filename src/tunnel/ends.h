/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * All ends; those of a build are in end_list.
 */

#ifndef TUNNEL_ENDS_H
#define TUNNEL_ENDS_H

#include "tunnel/tunnel.h"

extern const struct end_ops end_udp_listen;
extern const struct end_ops end_udp;
extern const struct end_ops end_tcp_listen;
extern const struct end_ops end_tcp;
extern const struct end_ops end_tls_listen;
extern const struct end_ops end_tls;
extern const struct end_ops end_uott_listen;
extern const struct end_ops end_uott;
extern const struct end_ops end_udp2tcp_listen;
extern const struct end_ops end_udp2tcp;
extern const struct end_ops end_dtls_listen;
extern const struct end_ops end_dtls;
extern const struct end_ops end_ip_udp;
extern const struct end_ops end_tun_left;
extern const struct end_ops end_tun_right;

#endif
