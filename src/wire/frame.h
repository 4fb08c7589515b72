/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Frames: how datagrams are told apart on a stream.
 *
 * NOTES.  uotp: the length of the payload as two bytes, high byte first, then
 * the payload.  A length of 0 is an empty datagram.
 *
 * uott: "UOTT", the tag of the flow and the length of the payload as two bytes
 * each, low byte first, then the payload.  Anything else in the place of
 * "UOTT" means that the stream cannot be read any further.
 */

#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_UOTP_HEAD = 2,		/* bytes before the payload */
	FRAME_UOTP_MAX = 65535,		/* bytes of the longest payload */
	FRAME_UOTT_HEAD = 8,
	FRAME_UOTT_MAX = 65535,
};

/* Writes the header of a payload of at most FRAME_UOTP_MAX bytes to
 * at[FRAME_UOTP_HEAD]; the payload follows it. */
void frame_uotp_put(uint8_t *at, size_t payload);

/* Reads the frame that begins at p, of which n bytes are there: returns bytes
 * eaten, with *payload pointing into p, and *len; 0 when more is needed. */
int frame_uotp_get(const uint8_t *p, size_t n, const uint8_t **payload,
    size_t *len);

/* Bytes, with the header, that the frame which begins at p will have; 0 when
 * the n bytes do not tell yet. */
size_t frame_uotp_need(const uint8_t *p, size_t n);

/* Writes the header of a payload of at most FRAME_UOTT_MAX bytes of the flow
 * with that tag to at[FRAME_UOTT_HEAD]; the payload follows it. */
void frame_uott_put(uint8_t *at, uint16_t tag, size_t payload);

/* Reads the frame that begins at p, of which n bytes are there: returns bytes
 * eaten, with *tag, and *payload pointing into p, and *len; 0 when more is
 * needed; -1 when it begins with another word than "UOTT", as soon as that
 * can be seen. */
int frame_uott_get(const uint8_t *p, size_t n, uint16_t *tag,
    const uint8_t **payload, size_t *len);

/* Bytes, with the header, that the frame which begins at p will have; 0 when
 * the n bytes do not tell yet; FRAME_UOTT_HEAD, and no more, of what
 * frame_uott_get() will refuse. */
size_t frame_uott_need(const uint8_t *p, size_t n);

#endif
