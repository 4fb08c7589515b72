/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds out which datagrams an echo must not answer, since their sender would
 * answer for ever.
 */

#include "compat.h"

#include <string.h>

#include "cmd/echo_loop.h"

/* Is it the port of a service that answers any datagram? */
static bool
port_answers_all(uint16_t port)
{
	static const uint16_t ports[] = { 7, 13, 17, 19, 37 };
	size_t i;

	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (port == ports[i])
			return true;
	return false;
}

/* Hashes source and datagram. */
static uint64_t
hash_datagram(const struct echo_loop *l, const struct addr *from,
    const void *data, size_t len)
{
	uint8_t bytes[16 + 2 + 4 + ECHO_LOOP_BYTES] = { 0 };
	size_t n = len < ECHO_LOOP_BYTES ? len : ECHO_LOOP_BYTES;

	memcpy(bytes, from->ip, sizeof(from->ip));
	bytes[16] = (uint8_t)(from->port >> 8);
	bytes[17] = (uint8_t)from->port;
	bytes[18] = from->family;
	bytes[19] = (uint8_t)(len >> 8);
	bytes[20] = (uint8_t)len;
	memcpy(bytes + 22, data, n);
	return table_hash(l->seed, bytes, 22 + n);
}

const char *
echo_loop_refuse(struct echo_loop *l, const struct addr *from,
    uint16_t own_port, const void *data, size_t len, uint64_t now_ms)
{
	uint64_t hash = hash_datagram(l, from, data, len);
	uint32_t rest = (uint32_t)(hash >> 32);
	size_t i = (size_t)(hash % ECHO_LOOP_SLOTS);

	if (from->port == own_port)
		return "its source port is this one, where a second echo may "
		    "listen";
	if (port_answers_all(from->port))
		return "its source port is that of a service that answers "
		    "anything";
	if (now_ms - l->slot[i].at_ms > ECHO_LOOP_MS)
		l->slot[i].n = 0;
	if (l->slot[i].n == 0)
		l->slot[i].hash = rest;
	else if (l->slot[i].hash != rest)
		return NULL;
	l->slot[i].at_ms = now_ms;
	if (++l->slot[i].n < ECHO_LOOP_MOST)
		return NULL;
	l->slot[i].n = 0;
	return "the same came again and again, as between two echoes";
}
