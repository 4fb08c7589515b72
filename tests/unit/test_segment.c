/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/segment.h: super-packets become the packets that a kernel would have
 * sent, and checksums that were left out are written.
 */

#include "compat.h"

#include "wire/segment.h"
#include "super_packets.h"
#include "tap.h"

static uint8_t super[SUPER_ROOM], out[SUPER_ROOM], expected[SUPER_ROOM];

/* Cuts a super-packet, and compares each packet with one made for its place.
 * summed: a network card has joined it, and found that its checksums were
 * right. */
static void
check_one_cut(const struct wanted *whole, size_t size, bool summed,
    const char *what)
{
	size_t n = make_packet(super, whole), at = 0, len, announced;
	unsigned count = 0, wrong = 0, off = 0;
	struct wanted w = *whole;
	struct segments s;
	struct vnet v;

	make_super(super, n, size, &v);
	if (summed) {
		v.flags = 2;	/* VIRTIO_NET_HDR_F_DATA_VALID */
		v.sum_begin = v.sum_at = 0;
	}
	is_int(segment_begin(&s, &v, super, n), 0, "%s%s", what,
	    summed ? ", whose checksums were looked at" : "");
	announced = segment_count(&s);
	while ((len = segment_next(&s)) > 0) {
		off += segment_count(&s) != announced - count;
		w.payload = whole->payload - at < size ? whole->payload - at :
		    size;
		w.flags = whole->flags == 0 ? 0x10 : whole->flags;
		if (at + w.payload < whole->payload)
			w.flags &= (uint8_t)~0x09;
		if (at > 0)
			w.flags &= (uint8_t)~0x80;
		/* The bytes of the payload go on where the last ended. */
		w.id = whole->id;
		w.sequence = whole->sequence + (uint32_t)at;
		n = make_packet(expected, &w);
		if (w.version == 4) {
			put_be16(expected + 4, (uint16_t)(whole->id + count));
			sum_ip4(expected);
		}
		if (w.udp)
			sum_transport(expected, n, n - w.payload - 8, true);
		segment_cut(&s, out);
		wrong += len != n || memcmp(out, expected, n) != 0;
		at += w.payload;
		count++;
	}
	is_int(wrong, 0, "  each of %u packets is right", count);
	ok(off == 0 && announced == count && segment_count(&s) == 0,
	    "  and as many were announced");
	is_int(at, whole->payload, "  and they have all the payload");
}

static void
check_cut(const struct wanted *whole, size_t size, const char *what)
{
	check_one_cut(whole, size, false, what);
	check_one_cut(whole, size, true, what);
}

static void
test_cuts(void)
{
	struct wanted w = { .version = 4, .payload = 10000, .id = 7,
	    .sequence = 1000 };

	check_cut(&w, 1448, "TCP over IPv4");
	w.options = 12;
	check_cut(&w, 1436, "with options");
	w.flags = 0x10 | 0x08;
	check_cut(&w, 1436, "PSH is that of the last packet");
	w.flags = 0x10 | 0x01 | 0x08;
	check_cut(&w, 1436, "so is FIN");
	w.flags = 0x10 | 0x40;
	check_cut(&w, 1436, "ECE is that of all");
	w.flags = 0x10 | 0x80;
	check_cut(&w, 1436, "CWR is that of the first");
	w.flags = 0;
	w.id = 0xfffe;
	w.sequence = 0xfffff000;
	check_cut(&w, 1000, "IDs and sequence numbers wrap");
	check_cut(&w, 10000, "one packet");
	check_cut(&w, 20000, "one that is shorter than a segment");
	check_cut(&w, 9999, "a last byte of its own");
	w.payload = 65535 - 20 - 32;
	check_cut(&w, 1448, "the longest");
	check_cut(&w, 48, "and the most packets");
	w.payload = 0;
	check_cut(&w, 1448, "none of payload");
	w.version = 6;
	w.payload = 65535 - 40 - 32;
	check_cut(&w, 1428, "TCP over IPv6");
	memset(&w, 0, sizeof(w));
	w.version = 4;
	w.udp = true;
	w.payload = 5000;
	check_cut(&w, 1200, "UDP over IPv4");
	check_cut(&w, 1, "a byte in each");
	w.version = 6;
	check_cut(&w, 1200, "UDP over IPv6");
}

/* Vectors: what Linux 6.18 made of these when it forwarded them to a device
 * that takes no super-packets. */
static void
test_vectors(void)
{
	static const uint8_t whole[] = {
		0x45, 0x03, 0x00, 0x32, 0x12, 0x34, 0x40, 0x00, 0x3e, 0x06,
		0x16, 0x89, 0x0a, 0x01, 0x00, 0x02, 0x0a, 0x02, 0x00, 0x02,
		0x04, 0xd2, 0x00, 0x50, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
		0x00, 0x09, 0x50, 0xd9, 0x01, 0x00, 0x14, 0x2b, 0x00, 0x00,
		0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a,
	};
	static const uint8_t first[] = {
		0x45, 0x03, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x3e, 0x06,
		0x16, 0x8f, 0x0a, 0x01, 0x00, 0x02, 0x0a, 0x02, 0x00, 0x02,
		0x04, 0xd2, 0x00, 0x50, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
		0x00, 0x09, 0x50, 0xd0, 0x01, 0x00, 0xd0, 0x17, 0x00, 0x00,
		0x61, 0x62, 0x63, 0x64,
	};
	static const uint8_t second[] = {
		0x45, 0x03, 0x00, 0x2c, 0x12, 0x35, 0x40, 0x00, 0x3e, 0x06,
		0x16, 0x8e, 0x0a, 0x01, 0x00, 0x02, 0x0a, 0x02, 0x00, 0x02,
		0x04, 0xd2, 0x00, 0x50, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00,
		0x00, 0x09, 0x50, 0x50, 0x01, 0x00, 0xc8, 0x8b, 0x00, 0x00,
		0x65, 0x66, 0x67, 0x68,
	};
	static const uint8_t last[] = {
		0x45, 0x03, 0x00, 0x2a, 0x12, 0x36, 0x40, 0x00, 0x3e, 0x06,
		0x16, 0x8f, 0x0a, 0x01, 0x00, 0x02, 0x0a, 0x02, 0x00, 0x02,
		0x04, 0xd2, 0x00, 0x50, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00,
		0x00, 0x09, 0x50, 0x59, 0x01, 0x00, 0x2b, 0xe5, 0x00, 0x00,
		0x69, 0x6a,
	};
	struct vnet v = { VNET_UNSUMMED, VNET_TCP4 | VNET_ECN, 40, 4, 20, 16 };
	struct segments s;

	is_int(segment_begin(&s, &v, whole, sizeof(whole)), 0, "a vector");
	is_int(segment_next(&s), sizeof(first), "its first packet");
	segment_cut(&s, out);
	is_mem(out, first, sizeof(first), "is the kernel's");
	segment_cut(&s, out);
	is_mem(out, second, sizeof(second), "so is the second,");
	is_int(segment_next(&s), sizeof(last), "and the last,");
	segment_cut(&s, out);
	is_mem(out, last, sizeof(last), "which is shorter");
	is_int(segment_next(&s), 0, "and there are no more");
}

/* IP options and extension headers are in each packet. */
static void
test_long_headers(void)
{
	struct wanted w = { .version = 4, .payload = 300 };
	size_t n = make_packet(super, &w), i, len;
	struct segments s;
	bool right = true;
	struct vnet v;

	memmove(super + 24, super + 20, n - 20);
	memcpy(super + 20, "\x94\x04\0\0", 4);
	super[0] = 0x46;
	n += 4;
	put_be16(super + 2, (uint16_t)n);
	memset(&v, 0, sizeof(v));
	v.flags = VNET_UNSUMMED;
	v.type = VNET_TCP4;
	v.size = 100;
	v.sum_begin = 24;
	v.sum_at = 16;
	put_be16(super + 24 + 16, (uint16_t)~plain_fold(n - 24 + 6 +
	    plain_sum(super + 12, 8)));
	is_int(segment_begin(&s, &v, super, n), 0, "an IP option");
	for (i = 0; (len = segment_next(&s)) > 0; i++) {
		segment_cut(&s, out);
		right = right && len == 144 && memcmp(out + 20, "\x94\x04\0\0",
		    4) == 0 && plain_fold(plain_sum(out, 24)) == 0 &&
		    plain_fold(plain_sum(out + 24, 120) + 120 + 6 +
		    plain_sum(out + 12, 8)) == 0;
	}
	ok(right && i == 3, "is in each packet, and checksums are right");

	w.version = 6;
	n = make_packet(super, &w);
	memmove(super + 48, super + 40, n - 40);
	memcpy(super + 40, "\x06\0\x01\x04\0\0\0\0", 8);
	super[6] = IP_DESTINATION;
	n += 8;
	put_be16(super + 4, (uint16_t)(n - 40));
	memset(&v, 0, sizeof(v));
	v.flags = VNET_UNSUMMED;
	v.type = VNET_TCP6;
	v.size = 100;
	v.sum_begin = 48;
	v.sum_at = 16;
	put_be16(super + 48 + 16, (uint16_t)~plain_fold(n - 48 + 6 +
	    plain_sum(super + 8, 32)));
	is_int(segment_begin(&s, &v, super, n), 0, "an extension header");
	right = true;
	for (i = 0; (len = segment_next(&s)) > 0; i++) {
		segment_cut(&s, out);
		right = right && len == 168 && get_be16(out + 4) == 128 &&
		    out[6] == IP_DESTINATION &&
		    plain_fold(plain_sum(out + 48, 120) + 120 + 6 +
		    plain_sum(out + 8, 32)) == 0;
	}
	ok(right && i == 3, "is in each packet, too");
}

/* Single packets. */
static void
test_single(void)
{
	struct vnet v = { 0, VNET_WHOLE, 0, 0, 0, 0 };
	struct wanted w = { .version = 4, .udp = true, .payload = 333 };
	struct segments s;
	size_t n;

	is_int(segment_begin(&s, &v, (const uint8_t *)"gibberish", 9), 0,
	    "what is no super-packet");
	is_int(segment_next(&s), 9, "is one packet");
	segment_cut(&s, out);
	is_mem(out, "gibberish", 9, "as it is");
	is_int(segment_next(&s), 0, "and no more");

	n = make_packet(super, &w);
	memcpy(expected, super, n);
	make_super(super, n, 1, &v);
	v.type = VNET_WHOLE;
	is_int(segment_begin(&s, &v, super, n), 0, "one without checksum");
	segment_cut(&s, out);
	is_mem(out, expected, n, "gets it");

	/* A payload that makes it zero. */
	n = make_packet(super, &w);
	put_be16(super + 28, 0);
	put_be16(super + 26, 0);
	put_be16(super + 28, transport_checksum(super, n, 20));
	make_super(super, n, 1, &v);
	v.type = VNET_WHOLE;
	(void)segment_begin(&s, &v, super, n);
	segment_cut(&s, out);
	is_int(get_be16(out + 26), 0xffff, "zero is written as 0xffff in UDP");
	make_super(super, n, 1000, &v);
	(void)segment_begin(&s, &v, super, n);
	segment_cut(&s, out);
	is_int(get_be16(out + 26), 0xffff, "in a super-packet, too");
	v.type = VNET_WHOLE;
	v.sum_begin = (uint16_t)(n - 7);
	is_int(segment_begin(&s, &v, super, n), -1,
	    "a checksum beyond the end is refused");
	is_int(segment_next(&s), 0, "and nothing is cut off");
	v.sum_begin = (uint16_t)(n - 8);
	is_int(segment_begin(&s, &v, super, n), 0, "at the end it is not");
}

/* Is a super-packet refused once a byte of its header is changed so? */
static bool
is_refused(struct vnet v, size_t n)
{
	struct segments s;

	return segment_begin(&s, &v, super, n) == -1 &&
	    segment_next(&s) == 0;
}

static void
test_refused(void)
{
	struct wanted w = { .version = 4, .payload = 3000 };
	size_t n = make_packet(super, &w);
	struct vnet v, x;

	make_super(super, n, 1000, &v);
	ok(!is_refused(v, n), "a right one is taken");
	x = v;
	x.size = 0;
	ok(is_refused(x, n), "not segments of no byte");
	x = v;
	x.type = VNET_TCP6;
	ok(is_refused(x, n), "the wrong version");
	x.type = VNET_UDP;
	ok(is_refused(x, n), "the wrong protocol");
	x.type = VNET_UDP | VNET_ECN;
	ok(is_refused(x, n), "UDP with ECN");
	x.type = 3;
	ok(is_refused(x, n), "an unknown type");
	x = v;
	x.sum_begin = 24;
	ok(is_refused(x, n), "a checksum from elsewhere");
	x = v;
	x.sum_at = 6;
	ok(is_refused(x, n), "in another place");
	ok(is_refused(v, n - 1), "a length that is not its own");
	super[20 + 12] = 0x40;
	ok(is_refused(v, n), "a header that is too short");
	super[20 + 12] = 0x50;
	put_be16(super + 6, 0x2000);
	ok(is_refused(v, n), "a fragment");
	w.payload = 0;
	n = make_packet(super, &w);
	make_super(super, n, 1000, &v);
	super[20 + 12] = 0x60;
	ok(is_refused(v, n), "a header that is too long");
	w.udp = true;
	n = make_packet(super, &w);
	make_super(super, n, 1000, &v);
	put_be16(super + 2, (uint16_t)(n - 1));
	ok(is_refused(v, n - 1), "half a header of UDP");

	w = (struct wanted){ .version = 6, .payload = 3000 };
	n = make_packet(super, &w);
	make_super(super, n, 1000, &v);
	/* A header of options is before TCP's. */
	super[6] = 0;
	super[40] = 6;
	super[41] = 0;
	super[60] = 0x50;
	v.sum_begin = 48;
	ok(!is_refused(v, n), "IPv6 has options");
	v.flags = 0;
	ok(is_refused(v, n), "but not without the sum of the pseudo-header");
}

int
main(void)
{
	test_cuts();
	test_vectors();
	test_long_headers();
	test_single();
	test_refused();
	return done_testing();
}
