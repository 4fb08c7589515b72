/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes and reads messages of Linux's rtnetlink.
 */

#include "compat.h"

#include <string.h>

#include "wire/netlink.h"

#include "base/log.h"

enum { ATTRIBUTE_HEAD = 4 };	/* struct rtattr: length and type */

/* The length with what follows up to a multiple of 4 bytes. */
static size_t
netlink_padded(size_t len)
{
	return (len + 3) / 4 * 4;
}

void
netlink_begin(struct netlink_message *m, uint16_t type, uint16_t flags,
    const void *body, size_t len)
{
	must(len <= sizeof(m->rest));
	memset(m, 0, sizeof(*m));
	m->head.len = (uint32_t)(sizeof(m->head) + len);
	m->head.type = type;
	m->head.flags = flags;
	memcpy(m->rest, body, len);
}

void
netlink_put(struct netlink_message *m, uint16_t type, const void *bytes,
    size_t len)
{
	size_t at = netlink_padded(m->head.len) - sizeof(m->head);
	uint16_t whole = (uint16_t)(ATTRIBUTE_HEAD + len);

	must(at + ATTRIBUTE_HEAD + len <= sizeof(m->rest));
	memcpy(m->rest + at, &whole, 2);
	memcpy(m->rest + at + 2, &type, 2);
	memcpy(m->rest + at + ATTRIBUTE_HEAD, bytes, len);
	m->head.len = (uint32_t)(sizeof(m->head) + at + ATTRIBUTE_HEAD + len);
}

void
netlink_put_number(struct netlink_message *m, uint16_t type, uint32_t number)
{
	netlink_put(m, type, &number, sizeof(number));
}

void
netlink_put_address(struct netlink_message *m, uint16_t type,
    const struct addr *a)
{
	netlink_put(m, type, a->ip, a->family == 4 ? 4 : 16);
}

bool
netlink_next(const uint8_t **p, size_t *n, struct netlink_view *v)
{
	struct netlink_head head;
	size_t padded;

	if (*n < sizeof(head))
		return false;
	memcpy(&head, *p, sizeof(head));
	if (head.len < sizeof(head) || head.len > *n)
		return false;
	v->type = head.type;
	v->body = *p + sizeof(head);
	v->len = head.len - sizeof(head);
	padded = netlink_padded(head.len);
	if (padded > *n)
		padded = *n;
	*p += padded;
	*n -= padded;
	return true;
}

int
netlink_result(const struct netlink_view *v)
{
	int32_t error;

	if (v->len < sizeof(error))
		return EPROTO;
	memcpy(&error, v->body, sizeof(error));
	return error <= 0 && error > INT32_MIN ? -error : EPROTO;
}

/* Takes an attribute over. */
static void
entry_read_attribute(struct netlink_entry *e, uint16_t type, const uint8_t *p,
    size_t n)
{
	uint32_t number;

	if (type == NETLINK_PROTOCOL && n >= 1) {
		e->has_protocol = true;
		e->protocol = *p;
	}
	if (n < sizeof(number))
		return;
	memcpy(&number, p, sizeof(number));
	if (type == NETLINK_TABLE)
		e->table = number;
	else if (type == NETLINK_PRIORITY)
		e->priority = number;
	else if (type == NETLINK_DEVICE)
		e->device = number;
	else if (type == NETLINK_SUPPRESS)
		e->suppress = number;
}

bool
netlink_read_entry(const struct netlink_view *v, struct netlink_entry *e)
{
	const uint8_t *p = v->body + sizeof(e->of);
	size_t n = v->len, padded;
	uint16_t len, type;

	memset(e, 0, sizeof(*e));
	if (n < sizeof(e->of))
		return false;
	memcpy(&e->of, v->body, sizeof(e->of));
	e->table = e->of.table;
	e->suppress = UINT32_MAX;
	for (n -= sizeof(e->of); n >= ATTRIBUTE_HEAD; p += padded,
	    n -= padded) {
		memcpy(&len, p, 2);
		memcpy(&type, p + 2, 2);
		if (len < ATTRIBUTE_HEAD || len > n)
			return true;
		entry_read_attribute(e, type, p + ATTRIBUTE_HEAD,
		    len - ATTRIBUTE_HEAD);
		padded = netlink_padded(len);
		if (padded > n)
			padded = n;
	}
	return true;
}
