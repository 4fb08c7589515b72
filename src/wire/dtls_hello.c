/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The bodies of DTLS handshake messages.
 *
 * NOTES.  Every length must match its content exactly, and an extension may
 * appear only once (RFC 5246 7.4.1.4).  Unknown extensions, suites and groups
 * are skipped, among them those of RFC 8701.
 */

#include "compat.h"

#include "wire/dtls_hello.h"

#include "base/bytes.h"
#include "base/log.h"
#include "wire/dtls_heartbeat.h"
#include "wire/dtls_record.h"
#include "wire/dtls_suite.h"

/* Extensions. */
enum {
	HELLO_TRUNCATED_HMAC = 4,	/* RFC 6066 7 */
	HELLO_GROUPS = 10,		/* RFC 8422 5.1.1 */
	HELLO_POINT_FORMATS = 11,	/* RFC 8422 5.1.2 */
	HELLO_HEARTBEAT = 15,		/* RFC 6520 2 */
	HELLO_ENCRYPT_THEN_MAC = 22,	/* RFC 7366 */
	HELLO_MASTER = 23,		/* RFC 7627 5.1 */
	HELLO_CID = 54,			/* RFC 9146 3 */
	HELLO_RENEGOTIATION = 0xff01,	/* RFC 5746 3.2 */
};

enum {
	HELLO_SCSV = 0x00ff,	/* signaling value in the list of suites
				 * (RFC 5746 3.3) */
	HELLO_SESSION_MAX = 32,	/* bytes of a session identifier */
	HELLO_NAMED_CURVE = 3,	/* RFC 8422 5.4 */
	HELLO_BLOCK_MAX = 64,	/* extensions of a message, many more than peers
				 * send: limits the search for duplicates */
};

/* A block of extensions while it is read. */
struct hello_block {
	struct bytes in;	/* the extensions not yet read */
	uint16_t seen[HELLO_BLOCK_MAX];	/* types that were read */
	size_t n;		/* their number */
};

/* Takes the next n bytes; returns a reader for them, which is bad when there
 * are fewer. */
static struct bytes
hello_part(struct bytes *in, size_t n)
{
	struct bytes part = { NULL, 0, false };

	part.data = bytes_take(in, n);
	part.bad = in->bad;
	part.len = in->bad ? 0 : n;
	return part;
}

/* Begins the extension block, which is the rest of a message; may be absent. */
static void
hello_block_begin(struct hello_block *b, struct bytes *in)
{
	b->n = 0;
	b->in = *in;
	if (in->len == 0)
		return;
	b->in = hello_part(in, bytes_be16(in));
	if (in->len > 0)
		b->in.bad = true;
}

/* Reads the next extension.  False: the block is at its end, or is malformed
 * (b->in.bad). */
static bool
hello_block_next(struct hello_block *b, uint16_t *type, struct bytes *data)
{
	size_t i;

	if (b->in.bad || b->in.len == 0)
		return false;
	*type = bytes_be16(&b->in);
	*data = hello_part(&b->in, bytes_be16(&b->in));
	if (b->n == HELLO_BLOCK_MAX)
		b->in.bad = true;
	for (i = 0; i < b->n; i++)
		if (b->seen[i] == *type)
			b->in.bad = true;
	if (b->in.bad)
		return false;
	b->seen[b->n++] = *type;
	return true;
}

/* Reads renegotiation_info, which must be empty in an initial handshake
 * (RFC 5746 3.4, 3.6). */
static int
hello_renegotiation(struct bytes *data, bool *there)
{
	struct bytes verify = hello_part(data, bytes_u8(data));

	if (data->bad || data->len > 0)
		return DTLS_DECODE_ERROR;
	*there = true;
	return verify.len > 0 ? DTLS_HANDSHAKE_FAILURE : 0;
}

/* Reads connection_id. */
static int
hello_cid(struct bytes *data, bool *there, const uint8_t **cid, size_t *len)
{
	struct bytes value = hello_part(data, bytes_u8(data));

	if (data->bad || data->len > 0)
		return DTLS_DECODE_ERROR;
	*there = true;
	*cid = value.data;
	*len = value.len;
	return 0;
}

/* Reads heartbeat. */
static int
hello_heartbeat(const struct bytes *data, uint8_t *mode)
{
	int value = dtls_heartbeat_mode(data->data, data->len);

	if (value < 0)
		return DTLS_ILLEGAL_PARAMETER;
	*mode = (uint8_t)value;
	return 0;
}

/* Reads supported_groups. */
static int
hello_groups(struct bytes *data, struct dtls_client_hello *hello)
{
	struct bytes list = hello_part(data, bytes_be16(data));

	if (data->bad || data->len > 0 || list.len == 0 || list.len % 2 != 0)
		return DTLS_DECODE_ERROR;
	hello->has_groups = true;
	hello->groups = list.data;
	hello->n_groups = list.len / 2;
	return 0;
}

/* Reads an extension of a ClientHello. */
static int
hello_client_extension(struct dtls_client_hello *hello, uint16_t type,
    struct bytes *data)
{
	switch (type) {
	case HELLO_RENEGOTIATION:
		return hello_renegotiation(data, &hello->renegotiation);
	case HELLO_MASTER:
		hello->master = true;
		return data->len > 0 ? DTLS_DECODE_ERROR : 0;
	case HELLO_GROUPS:
		return hello_groups(data, hello);
	case HELLO_HEARTBEAT:
		return hello_heartbeat(data, &hello->heartbeat);
	case HELLO_CID:
		return hello_cid(data, &hello->has_cid, &hello->cid,
		    &hello->cid_len);
	default:
		return 0;
	}
}

/* Reads an extension of a ServerHello.  Those that would change the format of
 * records are rejected: we never offer them. */
static int
hello_server_extension(struct dtls_server_hello *hello, uint16_t type,
    struct bytes *data)
{
	switch (type) {
	case HELLO_RENEGOTIATION:
		return hello_renegotiation(data, &hello->renegotiation);
	case HELLO_MASTER:
		hello->master = true;
		return data->len > 0 ? DTLS_DECODE_ERROR : 0;
	case HELLO_CID:
		return hello_cid(data, &hello->has_cid, &hello->cid,
		    &hello->cid_len);
	case HELLO_HEARTBEAT:
		return hello_heartbeat(data, &hello->heartbeat);
	case HELLO_TRUNCATED_HMAC:
	case HELLO_ENCRYPT_THEN_MAC:
		return DTLS_UNSUPPORTED_EXTENSION;
	default:
		return 0;
	}
}

size_t
dtls_fragment_parse(struct dtls_fragment *f, const uint8_t *p, size_t n)
{
	struct bytes in = { p, n, false };
	uint32_t word;

	word = bytes_be32(&in);
	f->type = (uint8_t)(word >> 24);
	f->len = word & 0xffffff;
	f->seq = bytes_be16(&in);
	f->offset = (uint32_t)bytes_u8(&in) << 16;
	f->offset |= bytes_be16(&in);
	f->n = (uint32_t)bytes_u8(&in) << 16;
	f->n |= bytes_be16(&in);
	f->data = bytes_take(&in, f->n);
	if (in.bad || f->offset > f->len || f->n > f->len - f->offset)
		return 0;
	return DTLS_MESSAGE + (size_t)f->n;
}

bool
dtls_client_hello_begin(struct dtls_client_hello *hello, const uint8_t *p,
    size_t n, size_t *used)
{
	struct bytes in = { p, n, false }, part;

	memset(hello, 0, sizeof(*hello));
	hello->version = bytes_be16(&in);
	hello->random = bytes_take(&in, DTLS_RANDOM);
	part = hello_part(&in, bytes_u8(&in));
	hello->session = part.data;
	hello->session_len = part.len;
	part = hello_part(&in, bytes_u8(&in));
	hello->cookie = part.data;
	hello->cookie_len = part.len;
	*used = n - in.len;
	return !in.bad && hello->session_len <= HELLO_SESSION_MAX;
}

int
dtls_client_hello_parse(struct dtls_client_hello *hello, const uint8_t *p,
    size_t n)
{
	struct bytes in, suites, compressions, data;
	struct hello_block block;
	uint16_t type;
	size_t used;
	int alert;

	if (!dtls_client_hello_begin(hello, p, n, &used))
		return DTLS_DECODE_ERROR;
	in.data = p + used;
	in.len = n - used;
	in.bad = false;
	suites = hello_part(&in, bytes_be16(&in));
	compressions = hello_part(&in, bytes_u8(&in));
	if (in.bad || suites.len == 0 || suites.len % 2 != 0 ||
	    compressions.len == 0)
		return DTLS_DECODE_ERROR;
	if (memchr(compressions.data, 0, compressions.len) == NULL)
		return DTLS_ILLEGAL_PARAMETER;
	hello->suites = suites.data;
	hello->n_suites = suites.len / 2;
	while (suites.len > 0)
		if (bytes_be16(&suites) == HELLO_SCSV)
			hello->scsv = true;
	hello_block_begin(&block, &in);
	while (hello_block_next(&block, &type, &data)) {
		alert = hello_client_extension(hello, type, &data);
		if (alert != 0)
			return alert;
	}
	return block.in.bad ? DTLS_DECODE_ERROR : 0;
}

int
dtls_server_hello_parse(struct dtls_server_hello *hello, const uint8_t *p,
    size_t n)
{
	struct bytes in = { p, n, false }, session, data;
	struct hello_block block;
	uint8_t compression;
	uint16_t type;
	int alert;

	memset(hello, 0, sizeof(*hello));
	hello->version = bytes_be16(&in);
	hello->random = bytes_take(&in, DTLS_RANDOM);
	session = hello_part(&in, bytes_u8(&in));
	hello->session_len = session.len;
	hello->suite = bytes_be16(&in);
	compression = bytes_u8(&in);
	if (in.bad || session.len > HELLO_SESSION_MAX)
		return DTLS_DECODE_ERROR;
	if (compression != 0)
		return DTLS_ILLEGAL_PARAMETER;
	hello_block_begin(&block, &in);
	while (hello_block_next(&block, &type, &data)) {
		alert = hello_server_extension(hello, type, &data);
		if (alert != 0)
			return alert;
	}
	return block.in.bad ? DTLS_DECODE_ERROR : 0;
}

int
dtls_verify_parse(const uint8_t **cookie, size_t *cookie_len,
    const uint8_t *p, size_t n)
{
	struct bytes in = { p, n, false }, value;
	uint16_t version;

	version = bytes_be16(&in);
	value = hello_part(&in, bytes_u8(&in));
	if (in.bad || in.len > 0)
		return DTLS_DECODE_ERROR;
	/* Either is allowed, independent of the version that is negotiated
	 * later (RFC 6347 4.2.1). */
	if (version != DTLS_1_0 && version != DTLS_1_2)
		return DTLS_PROTOCOL_VERSION;
	*cookie = value.data;
	*cookie_len = value.len;
	return 0;
}

/* Reads the parameters of ECDHE, which must be the rest of the message. */
static int
hello_ecdhe(struct bytes *in, const struct dtls_group **group,
    const uint8_t **share)
{
	uint8_t type = bytes_u8(in);
	uint16_t id = bytes_be16(in);
	struct bytes value = hello_part(in, bytes_u8(in));

	if (in->bad || in->len > 0)
		return DTLS_DECODE_ERROR;
	*group = dtls_group_by_id(id);
	if (type != HELLO_NAMED_CURVE || *group == NULL ||
	    value.len != (*group)->share)
		return DTLS_ILLEGAL_PARAMETER;
	*share = value.data;
	return 0;
}

int
dtls_server_kx_parse(bool ecdhe, const struct dtls_group **group,
    const uint8_t **share, bool *bare, const uint8_t *p, size_t n)
{
	struct bytes in = { p, n, false };
	size_t hint = bytes_be16(&in);

	*group = NULL;
	*share = NULL;
	/* pion omits the hint's length, so the message begins with curve type
	 * and group.  Read as a length these are 768 or more, too long for that
	 * message: it has at most 101 bytes. */
	*bare = ecdhe && !in.bad && hint > in.len;
	if (*bare) {
		in.data = p;
		in.len = n;
	} else
		bytes_take(&in, hint);
	if (ecdhe)
		return hello_ecdhe(&in, group, share);
	return in.bad || in.len > 0 ? DTLS_DECODE_ERROR : 0;
}

int
dtls_client_kx_parse(bool ecdhe, const uint8_t **identity,
    size_t *identity_len, const uint8_t **share, size_t *share_len,
    const uint8_t *p, size_t n)
{
	struct bytes in = { p, n, false }, name, value = { NULL, 0, false };

	name = hello_part(&in, bytes_be16(&in));
	if (ecdhe)
		value = hello_part(&in, bytes_u8(&in));
	if (in.bad || in.len > 0 || (ecdhe && value.len == 0))
		return DTLS_DECODE_ERROR;
	if (name.len > DTLS_IDENTITY_MAX)
		return DTLS_ILLEGAL_PARAMETER;
	*identity = name.data;
	*identity_len = name.len;
	*share = value.data;
	*share_len = value.len;
	return 0;
}

/* Writes a byte.  Returns the end of what was written, as the following do. */
static uint8_t *
hello_put8(uint8_t *p, size_t v)
{
	*p = (uint8_t)v;
	return p + 1;
}

/* Writes two bytes. */
static uint8_t *
hello_put16(uint8_t *p, size_t v)
{
	put_be16(p, (uint16_t)v);
	return p + 2;
}

/* Writes three bytes. */
static uint8_t *
hello_put24(uint8_t *p, size_t v)
{
	p = hello_put8(p, v >> 16);
	return hello_put16(p, v & 0xffff);
}

/* Writes n bytes. */
static uint8_t *
hello_put(uint8_t *p, const uint8_t *data, size_t n)
{
	if (n > 0)
		memcpy(p, data, n);
	return p + n;
}

/* Writes n <= 255 bytes after their length in one byte. */
static uint8_t *
hello_put_counted(uint8_t *p, const uint8_t *data, size_t n)
{
	must(n <= 255);
	return hello_put(hello_put8(p, n), data, n);
}

/* Writes renegotiation_info. */
static uint8_t *
hello_put_renegotiation(uint8_t *p)
{
	p = hello_put16(p, HELLO_RENEGOTIATION);
	p = hello_put16(p, 1);
	return hello_put8(p, 0);
}

/* Writes extended_master_secret. */
static uint8_t *
hello_put_master(uint8_t *p)
{
	p = hello_put16(p, HELLO_MASTER);
	return hello_put16(p, 0);
}

/* Writes connection_id. */
static uint8_t *
hello_put_cid(uint8_t *p, const uint8_t *cid, size_t n)
{
	must(n <= DTLS_CID_MAX);
	p = hello_put16(p, HELLO_CID);
	p = hello_put16(p, n + 1);
	return hello_put_counted(p, cid, n);
}

/* Writes heartbeat: the peer may send requests. */
static uint8_t *
hello_put_heartbeat(uint8_t *p)
{
	p = hello_put16(p, HELLO_HEARTBEAT);
	p = hello_put16(p, 1);
	return hello_put8(p, DTLS_HEARTBEAT_MAY);
}

/* Writes supported_groups, and ec_point_formats with the uncompressed form. */
static uint8_t *
hello_put_groups(uint8_t *p, const struct dtls_group *const *groups, size_t n)
{
	size_t i;

	must(n >= 1 && n <= DTLS_GROUPS);
	p = hello_put16(p, HELLO_GROUPS);
	p = hello_put16(p, 2 + 2 * n);
	p = hello_put16(p, 2 * n);
	for (i = 0; i < n; i++)
		p = hello_put16(p, groups[i]->id);
	p = hello_put16(p, HELLO_POINT_FORMATS);
	p = hello_put16(p, 2);
	p = hello_put8(p, 1);
	return hello_put8(p, 0);
}

/* Ends the extension block at head, which begins with its length: fills that
 * in; an empty block is removed.  Returns the end. */
static uint8_t *
hello_end_block(uint8_t *head, uint8_t *p)
{
	size_t len = (size_t)(p - head) - 2;

	hello_put16(head, len);
	return len == 0 ? head : p;
}

void
dtls_fragment_write(uint8_t p[DTLS_MESSAGE], uint8_t type, size_t len,
    uint16_t seq, size_t offset, size_t n)
{
	must(len <= 0xffffff && offset <= len && n <= len - offset);
	p = hello_put8(p, type);
	p = hello_put24(p, len);
	p = hello_put16(p, seq);
	p = hello_put24(p, offset);
	hello_put24(p, n);
}

size_t
dtls_client_hello_write(uint8_t *p, const struct dtls_offer *offer)
{
	uint8_t *begin = p, *head;
	bool ecdhe = false;
	size_t i;

	must(offer->n_suites >= 1 && offer->n_suites <= DTLS_SUITES);
	p = hello_put16(p, DTLS_1_2);
	p = hello_put(p, offer->random, DTLS_RANDOM);
	p = hello_put8(p, 0);	/* no session to resume */
	p = hello_put_counted(p, offer->cookie,
	    offer->cookie == NULL ? 0 : offer->cookie_len);
	p = hello_put16(p, 2 * offer->n_suites);
	for (i = 0; i < offer->n_suites; i++) {
		p = hello_put16(p, offer->suites[i]->id);
		ecdhe = ecdhe || offer->suites[i]->ecdhe;
	}
	p = hello_put8(p, 1);	/* compression: null */
	p = hello_put8(p, 0);
	head = p;
	p += 2;
	p = hello_put_renegotiation(p);
	if (ecdhe)
		p = hello_put_groups(p, offer->groups, offer->n_groups);
	p = hello_put_master(p);
	if (offer->cid)
		p = hello_put_cid(p, NULL, 0);
	if (offer->heartbeat)
		p = hello_put_heartbeat(p);
	return (size_t)(hello_end_block(head, p) - begin);
}

size_t
dtls_server_hello_write(uint8_t *p, const uint8_t *random, uint16_t suite,
    bool renegotiation, bool master, const uint8_t *cid, size_t cid_len,
    bool heartbeat)
{
	uint8_t *begin = p, *head;

	p = hello_put16(p, DTLS_1_2);
	p = hello_put(p, random, DTLS_RANDOM);
	p = hello_put8(p, 0);	/* no session id: cannot be resumed */
	p = hello_put16(p, suite);
	p = hello_put8(p, 0);	/* compression: null */
	head = p;
	p += 2;
	if (master)
		p = hello_put_master(p);
	if (renegotiation)
		p = hello_put_renegotiation(p);
	if (cid != NULL)
		p = hello_put_cid(p, cid, cid_len);
	if (heartbeat)
		p = hello_put_heartbeat(p);
	return (size_t)(hello_end_block(head, p) - begin);
}

size_t
dtls_verify_write(uint8_t *p, const uint8_t *cookie, size_t len)
{
	uint8_t *begin = p;

	p = hello_put16(p, DTLS_1_0);	/* RFC 6347 4.2.1: always */
	p = hello_put_counted(p, cookie, len);
	return (size_t)(p - begin);
}

size_t
dtls_server_kx_write(uint8_t *p, const struct dtls_group *group,
    const uint8_t *share)
{
	uint8_t *begin = p;

	p = hello_put16(p, 0);	/* no hint */
	p = hello_put8(p, HELLO_NAMED_CURVE);
	p = hello_put16(p, group->id);
	p = hello_put_counted(p, share, group->share);
	return (size_t)(p - begin);
}

size_t
dtls_client_kx_write(uint8_t *p, const uint8_t *identity, size_t identity_len,
    const struct dtls_group *group, const uint8_t *share)
{
	uint8_t *begin = p;

	must(identity_len <= DTLS_IDENTITY_MAX);
	p = hello_put16(p, identity_len);
	p = hello_put(p, identity, identity_len);
	if (group != NULL)
		p = hello_put_counted(p, share, group->share);
	return (size_t)(p - begin);
}
