/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: udptunnel's filter against a plain model of it with whole
 * times.  Records of 6 bytes: way and kind, time that goes by (in squares, up
 * to some hours), two ports.
 */

#include "compat.h"

#include "wire/portfilter.h"
#include "base/bytes.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD = 6, PORTS = 16, RECORDS = 4096 };

/* Few ports, so that they meet; 0, 1, 2 and 65535 are allowed. */
static uint16_t
port_of(uint8_t byte)
{
	return (uint16_t)(byte % PORTS == PORTS - 1 ? 65535 : byte % PORTS);
}

/* The model: when each port was remembered, and whether at all. */
static struct {
	uint64_t at_ms[2][PORTS];
	bool known[2][PORTS];
} model;

/* Whether a packet of ports passes for certain (1), not (0), or on the edge of
 * the time (-1). */
static int
model_pass(unsigned way, unsigned src, unsigned dst, uint64_t now_ms)
{
	bool from = src <= 2 || src == PORTS - 1;
	bool to = dst <= 2 || dst == PORTS - 1;
	uint64_t age;

	if (from && to)
		return 1;
	if (to && src > 0) {
		model.at_ms[way][src] = now_ms;
		model.known[way][src] = true;
		return 1;
	}
	if (!from || dst == 0 || !model.known[1 - way][dst])
		return 0;
	age = now_ms - model.at_ms[1 - way][dst];
	if (age + PORTFILTER_UNIT_MS > PORTFILTER_MS &&
	    age < PORTFILTER_MS + PORTFILTER_UNIT_MS)
		return -1;
	return age <= PORTFILTER_MS;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct portfilter f;
	struct ip ip = { 0 };
	uint64_t now_ms = 0;
	unsigned way, i;
	bool passed;
	int want;

	memset(&model, 0, sizeof(model));
	portfilter_init(&f, now_ms);
	for (i = 0; i < 3; i++)
		portfilter_allow(&f, (uint16_t)i);
	portfilter_allow(&f, 65535);
	for (i = 0; size >= RECORD && i < RECORDS; i++) {
		way = data[0] & 1;
		now_ms += (uint64_t)get_be16(data + 2) * data[1];
		ip.version = data[0] & 2 ? 6 : 4;
		ip.protocol = data[0] & 4 ? IP_TCP : data[0] & 8 ? IP_ICMP :
		    data[0] & 16 ? IP_ESP : IP_UDP;
		ip.ports = (data[0] & 32) == 0 && (ip.protocol == IP_TCP ||
		    ip.protocol == IP_UDP);
		ip.src.port = ip.ports ? port_of(data[4]) : 0;
		ip.dst.port = ip.ports ? port_of(data[5]) : 0;
		passed = portfilter_pass(&f, way == 0 ? PORTFILTER_OUT :
		    PORTFILTER_IN, &ip, now_ms);
		if (ip.version == 6)
			want = 0;
		else if (ip.protocol == IP_ICMP)
			want = 1;
		else
			want = ip.ports ? model_pass(way, data[4] % PORTS,
			    data[5] % PORTS, now_ms) : 0;
		must(want == -1 || passed == (want == 1));
		data += RECORD;
		size -= RECORD;
	}
	return 0;
}
