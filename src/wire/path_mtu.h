/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How long the datagrams are that a path lets through: DPLPMTUD (RFC 8899) with
 * padded probes.
 *
 * NOTES.  A question is a datagram of the size in question, and the answer
 * names that size:
 *
 *	question	0x00 0x01 number(4) size(2) zeros up to `size` bytes
 *	answer		0x01 0x01 number(4) size(2)
 *
 * The number is that of a round: all questions that are asked at once.  It
 * begins at random and is counted up.  Only answers to rounds of the current
 * step count, so one that is late, repeated or forged cannot lie.
 *
 * A round contains the shortest question as well.  A size counts as lost in a
 * round only where that one, or any other, was answered: a path that is dead
 * or that loses many datagrams is no black hole.  A size that was lost in
 * PATH_MTU_TRIES rounds does not get through.
 *
 * Sizes are payloads of the carrier, in bytes.  Time is that of the caller.
 */

#ifndef WIRE_PATH_MTU_H
#define WIRE_PATH_MTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PATH_PROBE_ASKS = 0x00,	/* the first byte */
	PATH_PROBE_ANSWERS = 0x01,
	PATH_PROBE_KIND = 0x01,	/* the second byte */
	PATH_PROBE_HEAD = 8,	/* bytes of the shortest question, and of each
				 * answer */
	PATH_PROBE_BARE = 1,	/* as a size: the question of one byte */
};

/* RFC 8899 5.1. */
enum {
	PATH_MTU_LEAST = 512,	/* MIN_PLPMTU: nothing smaller is searched */
	PATH_MTU_CLOSE = 20,	/* a search ends when the size is known so
				 * exactly */
	PATH_MTU_TRIES = 3,	/* MAX_PROBES */
	PATH_MTU_ROUND_MS = 1000,	/* PROBE_TIMER */
	PATH_MTU_CONFIRM_MS = 4000,	/* CONFIRMATION_TIMER, while long
				 * datagrams are sent */
	PATH_MTU_RAISE_MS = 600000,	/* PMTU_RAISE_TIMER; */
	PATH_MTU_RAISE_FIRST_MS = 15000,	/* after a first search that
				 * lowered the size: random losses may have
				 * done so.  It doubles with each that fails */
	PATH_MTU_LOOK_MS = 100,	/* between two looks at what is sent */
	PATH_MTU_VOID = 5,	/* rounds in a row without any answer, then
				 * the search is put off */
	PATH_MTU_SIZES = 8,	/* that are searched at once, */
	PATH_MTU_ROUND = PATH_MTU_SIZES + 1,	/* and those of a round */
};

enum path_mtu_state {
	PATH_MTU_DISABLED,	/* nothing was asked so far */
	PATH_MTU_UNABLE,	/* the peer does not answer such questions */
	PATH_MTU_BASE,		/* does it? */
	PATH_MTU_SEARCHING,	/* which sizes get through? */
	PATH_MTU_COMPLETE,	/* the size is known, or believed */
};

/* One direction of a path.  Zeroed is ready for path_mtu_init(). */
struct path_mtu {
	enum path_mtu_state state;
	uint16_t room;		/* the largest payload that the carrier takes;
				 * 0: not yet known */
	uint16_t size;		/* and that gets through, as far as known */
	uint16_t top;		/* the size that this search began with */
	uint16_t good;		/* the largest that was answered; 0: none */
	uint16_t bad;		/* the smallest that was lost often enough; top
				 * at first */
	uint16_t asked[PATH_MTU_SIZES];	/* ascending; the last is top */
	uint8_t lost[PATH_MTU_SIZES];	/* in so many rounds */
	uint8_t n;		/* of them */
	uint8_t voids;		/* rounds in a row without any answer */
	bool waiting;		/* a round was sent */
	bool alive;		/* something of it was answered */
	uint32_t number;	/* of the newest round, */
	uint32_t first;		/* and of the oldest whose answers count */
	uint64_t due_ms;	/* when path_mtu_due() is to be called;
				 * UINT64_MAX: not now */
	uint64_t look_ms;	/* what is sent matters from then on: for
				 * path_mtu_sent(), or since the limit is being
				 * searched */
	uint64_t confirm_ms;	/* when the size may be asked again */
	uint64_t raise_ms;	/* when larger sizes are tried again */
	uint32_t pause_ms;	/* before that; 0: all sizes get through */
};

/* Begins; number is random. */
void path_mtu_init(struct path_mtu *, uint32_t number);

/* The carrier takes payloads of so many bytes from now on.  If that is new,
 * size becomes the same, until a search finds otherwise. */
void path_mtu_room(struct path_mtu *, size_t room);

/* The peer is known to answer the question of one byte: has it asked whether
 * it answers padded ones, unless that was done. */
void path_mtu_begin(struct path_mtu *, uint64_t now_ms);

/* A datagram of n bytes was sent, and now_ms >= look_ms.  True: a search is to
 * begin, and due_ms was set. */
bool path_mtu_sent(struct path_mtu *, size_t n, uint64_t now_ms);

/* The peer asks about a size, which got through.  Where that is no more than a
 * part of ours it is searching, and a path that is bad one way is often bad
 * both ways.  True: as above. */
bool path_mtu_asked(struct path_mtu *, uint16_t size, uint64_t now_ms);

/* due_ms has come: ends a round and begins the next one.  Returns how many
 * questions are to be asked, in ascending order of their sizes, with
 * path_mtu.number; PATH_PROBE_BARE is the question of one byte.  0: none, and
 * due_ms is UINT64_MAX.  Afterwards size may have changed. */
unsigned path_mtu_due(struct path_mtu *, uint64_t now_ms,
    uint16_t size[PATH_MTU_ROUND]);

/* The peer has answered the question of one byte. */
void path_mtu_heard(struct path_mtu *);

/* The peer has answered this question.  Afterwards size and due_ms may have
 * changed.  False: it was not asked of late. */
bool path_mtu_answer(struct path_mtu *, uint32_t number, uint16_t size,
    uint64_t now_ms);

/* Writes a question of size >= PATH_PROBE_HEAD bytes. */
void path_probe_ask(uint8_t *to, uint32_t number, uint16_t size);

/* Turns a question into its answer of PATH_PROBE_HEAD bytes. */
void path_probe_answer(uint8_t *question);

/* Reads a datagram of n bytes.  PATH_PROBE_ASKS or PATH_PROBE_ANSWERS, and what
 * it names: PATH_PROBE_BARE and number 0 if it is one byte; -1: it is
 * neither. */
int path_probe_parse(const uint8_t *p, size_t n, uint32_t *number,
    uint16_t *size);

#endif
