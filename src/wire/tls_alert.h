/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The fatal alert that a failed TLS engine sends.
 */

#ifndef WIRE_TLS_ALERT_H
#define WIRE_TLS_ALERT_H

#include "wire/tls.h"

/* Puts the alert for an error of ours (RFC 5246 7.2.2) into t->alert, as the
 * next record of the engine, which makes none after it. */
void tls_alert_make(struct tls *t, int error);

#endif
