/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Frames: the boundaries of datagrams on a stream.
 *
 * NOTES.  uotp: the length of the payload as two bytes, high byte first, then
 * the payload.  A length of 0 is an empty datagram.  udp2tcp is the same on
 * the wire; only the longest payload differs.
 *
 * uott: "UOTT", the tag of the flow and the length of the payload as two bytes
 * each, low byte first, then the payload.  A stream whose next frame does not
 * begin with "UOTT" is corrupt and cannot be read any further.
 *
 * A format is a file of wire/ with a struct frame_format.  tunnel/framed.h
 * reads and writes streams with it.
 */

#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum { FRAME_HEAD_MAX = 8 };	/* bytes of the longest header */

/* A frame that was read. */
struct frame {
	const uint8_t *payload;	/* where its datagram begins */
	size_t len;		/* bytes of the datagram */
	uint16_t tag;		/* of its flow; 0 in formats without tags */
};

/* A frame format. */
struct frame_format {
	size_t head;		/* bytes before the payload, at most
				 * FRAME_HEAD_MAX */
	size_t max;		/* bytes of the longest payload to send, at
				 * most 65535 */
	const char *corrupt;	/* the message when get() returns -1; NULL: it
				 * never does */

	/* Length of the frame at p, header included; 0 when the n bytes do
	 * not say it yet; the header's length for what get() refuses. */
	size_t (*need)(const uint8_t *p, size_t n);
	/* Reads the frame at p, of which n bytes have come.  Returns the
	 * frame's length, header included, and fills in *f, whose payload is
	 * borrowed from p.  0 when the frame is not complete yet, -1 when
	 * these bytes cannot begin a frame; then *f is not changed. */
	int (*get)(const uint8_t *p, size_t n, struct frame *f);
	/* Writes the header of a payload of at most max bytes to at[head]; the
	 * payload follows it. */
	void (*put)(uint8_t *at, uint16_t tag, size_t payload);
};

extern const struct frame_format frame_uotp;	/* frame_uotp.c */
extern const struct frame_format frame_udp2tcp;	/* frame_uotp.c */
extern const struct frame_format frame_uott;	/* frame_uott.c */

#endif
