/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The prefix of udptunnel's packets.
 */

#include "compat.h"

#include <bearssl.h>

#include "wire/magic.h"

void
magic_make(uint8_t magic[MAGIC_SIZE], const char *text)
{
	br_md5_context md5;

	br_md5_init(&md5);
	br_md5_update(&md5, text, strlen(text));
	br_md5_out(&md5, magic);
}
