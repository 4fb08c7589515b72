/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The conversation of an IP packet.
 */

#include "compat.h"

#include "wire/ip_flow.h"

#include "base/bytes.h"
#include "wire/ip.h"

enum { IP4_PLAIN = 0x45 };	/* the first byte without options */

uint32_t
ip_flow(const struct ip_flow_key *key, const uint8_t *p, size_t n)
{
	size_t at, addresses, header;
	unsigned i = 0;
	uint64_t sum;
	uint8_t protocol;
	bool ports;

	if (n >= IP4_HEADER && p[0] >> 4 == 4) {
		protocol = p[9];
		addresses = 12;
		header = IP4_HEADER;
		/* Neither more fragments nor an offset. */
		ports = p[0] == IP4_PLAIN && (get_be16(p + 6) & 0x3fff) == 0;
	} else if (n >= IP6_HEADER && p[0] >> 4 == 6) {
		protocol = p[6];
		addresses = 8;
		header = IP6_HEADER;
		ports = true;
	} else {
		return (uint32_t)(key->word[IP_FLOW_WORDS] >> 32);
	}
	sum = key->word[IP_FLOW_WORDS];
	for (at = addresses; at < header; at += 4)
		sum += key->word[i++] * get_be32(p + at);
	sum += key->word[i++] * protocol;
	if (ports && n >= header + 4 &&
	    (protocol == IP_TCP || protocol == IP_UDP))
		sum += key->word[i] * get_be32(p + header);
	return (uint32_t)(sum >> 32);
}
