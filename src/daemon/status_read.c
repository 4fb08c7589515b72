/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads the JSON of daemon/status_json.h back into the structs of a snapshot.
 */

#include "compat.h"

#include <string.h>

#include "daemon/status_read.h"

#include "base/alloc.h"
#include "base/json.h"

/* The largest number that is read: two may be added. */
#define NUMBER_MAX (INT64_MAX / 4)

/* What a member of an object is. */
enum field_type {
	FIELD_TEXT,		/* a string of at most size bytes; null: "" */
	FIELD_NUMBER,		/* int64_t */
	FIELD_COUNT,		/* uint64_t */
	FIELD_SMALL,		/* unsigned */
	FIELD_KNOWN,		/* int64_t; null: -1 */
	FIELD_MAYBE,		/* int64_t; null: 0 */
	FIELD_ADDRESS,		/* struct addr */
	FIELD_STATE,		/* enum status_state */
	FIELD_RESUMED,		/* enum facts_resumed */
	FIELD_INNER,		/* struct facts: its inner addresses */
	FIELD_LOST,		/* uint64_t by cause */
	FIELD_OBJECT,		/* its members are the fields sub */
};

/* A member. */
struct field {
	const char *name;	/* NULL: the end of the table */
	const struct field *sub;
	uint16_t at;		/* offset in the struct that is read */
	uint16_t size;
	uint8_t type;		/* enum field_type */
};

#define AT(type, member) offsetof(struct type, member)
#define STRING(type, name, member) \
	{ name, NULL, AT(type, member), \
	  sizeof(((struct type *)0)->member), FIELD_TEXT }
#define FIELD(kind, type, name, member) \
	{ name, NULL, AT(type, member), 0, FIELD_##kind }
#define OBJECT(name, at, sub) { name, sub, at, 0, FIELD_OBJECT }
#define END { NULL, NULL, 0, 0, FIELD_TEXT }

static const struct field process_fields[] = {
	STRING(status_process, "version", version),
	FIELD(NUMBER, status_process, "pid", pid),
	FIELD(NUMBER, status_process, "now_s", now_s),
	FIELD(NUMBER, status_process, "start_s", start_s),
	STRING(status_process, "log_level", log_level),
	STRING(status_process, "config", config),
	FIELD(COUNT, status_process, "tunnels", tunnels),
	FIELD(COUNT, status_process, "running", running),
	END
};

/* Fields of struct facts, at an offset. */
#define CARRIER(type) \
	STRING(type, "protocol", facts.protocol), \
	STRING(type, "suite", facts.suite), \
	FIELD(RESUMED, type, "resumed", facts.resumed), \
	FIELD(KNOWN, type, "rtt_us", facts.rtt_us), \
	FIELD(KNOWN, type, "loss_ppm", facts.loss_ppm), \
	FIELD(KNOWN, type, "connections", facts.connections)

static const struct field end_fields[] = {
	STRING(status_end, "kind", kind),
	STRING(status_end, "address", address),
	CARRIER(status_end),
	FIELD(ADDRESS, status_end, "peer_address", facts.address),
	STRING(status_end, "peer_name", facts.name),
	FIELD(KNOWN, status_end, "retry_ms", facts.retry_ms),
	FIELD(MAYBE, status_end, "certificate_end_s", facts.cert_end_s),
	END
};

static const struct field tunnel_up[] = {
	FIELD(COUNT, status_tunnel, "datagrams", totals.datagrams[LEFT]),
	FIELD(COUNT, status_tunnel, "bytes", totals.bytes[LEFT]),
	END
};

static const struct field tunnel_down[] = {
	FIELD(COUNT, status_tunnel, "datagrams", totals.datagrams[RIGHT]),
	FIELD(COUNT, status_tunnel, "bytes", totals.bytes[RIGHT]),
	END
};

static const struct field error_fields[] = {
	STRING(status_tunnel, "text", error),
	FIELD(NUMBER, status_tunnel, "time_s", error_s),
	END
};

static const struct field tunnel_fields[] = {
	STRING(status_tunnel, "name", name),
	FIELD(STATE, status_tunnel, "state", state),
	FIELD(NUMBER, status_tunnel, "since_s", since_s),
	FIELD(KNOWN, status_tunnel, "retry_s", retry_s),
	OBJECT("left", AT(status_tunnel, end[LEFT]), end_fields),
	OBJECT("right", AT(status_tunnel, end[RIGHT]), end_fields),
	FIELD(COUNT, status_tunnel, "flows", flows),
	FIELD(COUNT, status_tunnel, "flows_total", totals.flows),
	OBJECT("up", 0, tunnel_up),
	OBJECT("down", 0, tunnel_down),
	FIELD(LOST, status_tunnel, "lost", totals.lost),
	FIELD(COUNT, status_tunnel, "refused", totals.refused),
	FIELD(COUNT, status_tunnel, "marked", totals.marked),
	FIELD(COUNT, status_tunnel, "black_holes", totals.black_holes),
	OBJECT("last_error", 0, error_fields),
	FIELD(COUNT, status_tunnel, "peers_total", peers),
	END
};

static const struct field peer_up[] = {
	FIELD(COUNT, status_peer, "datagrams", datagrams[LEFT]),
	FIELD(COUNT, status_peer, "bytes", bytes[LEFT]),
	END
};

static const struct field peer_down[] = {
	FIELD(COUNT, status_peer, "datagrams", datagrams[RIGHT]),
	FIELD(COUNT, status_peer, "bytes", bytes[RIGHT]),
	END
};

static const struct field peer_fields[] = {
	STRING(status_peer, "name", name),
	FIELD(ADDRESS, status_peer, "address", address),
	FIELD(NUMBER, status_peer, "since_s", since_s),
	FIELD(KNOWN, status_peer, "heard_s", heard_s),
	FIELD(COUNT, status_peer, "flows", flows),
	OBJECT("up", 0, peer_up),
	OBJECT("down", 0, peer_down),
	FIELD(COUNT, status_peer, "lost", lost),
	CARRIER(status_peer),
	FIELD(INNER, status_peer, "inner", facts),
	FIELD(SMALL, status_peer, "inner_total", facts.n_inner),
	END
};

/*
 * Values
 */

/* The last token as a number from least on, or missing where it is null. */
static int64_t
token_number(struct json *j, int64_t least, int64_t missing)
{
	int64_t value = missing;

	if (j->type != JSON_NULL &&
	    json_int(j, least, NUMBER_MAX, &value) != 0)
		return missing;
	return value;
}

/* The last token as an address, with or without a port. */
static void
token_address(struct json *j, struct addr *a)
{
	char text[ADDR_TEXT];

	memset(a, 0, sizeof(*a));
	if (j->type == JSON_NULL ||
	    json_string(j, text, sizeof(text)) != 0)
		return;
	if (addr_parse(a, text) != 0 && addr_parse_ip(a, text) != 0)
		(void)json_fail(j, "an address is wanted here");
}

/* The last token as a state. */
static void
token_state(struct json *j, enum status_state *state)
{
	unsigned i;

	for (i = STATUS_RUNNING; i <= STATUS_STOPPED; i++)
		if (json_is(j, status_state_text((enum status_state)i)))
			*state = (enum status_state)i;
}

/* The last token is to end an array or object. */
static void
want_end(struct json *j, enum json_type end)
{
	if (j->type != end)
		(void)json_fail(j, "this does not belong here");
}

/* An array of addresses whose begin is the last token. */
static void
token_inner(struct json *j, struct facts *f)
{
	struct addr a;

	f->n_inner = 0;
	if (j->type != JSON_ARRAY) {
		(void)json_fail(j, "an array is wanted here");
		return;
	}
	while (json_next(j) == JSON_STRING) {
		token_address(j, &a);
		facts_add_inner(f, &a);
	}
	want_end(j, JSON_ARRAY_END);
}

/* An object of numbers by cause. */
static void
token_lost(struct json *j, uint64_t *lost)
{
	unsigned i;

	if (j->type != JSON_OBJECT) {
		(void)json_fail(j, "an object is wanted here");
		return;
	}
	while (json_next(j) == JSON_KEY) {
		for (i = 0; i < LOST_CAUSES; i++)
			if (json_is(j, cause_text((enum cause)i)))
				break;
		if (i < LOST_CAUSES) {
			(void)json_next(j);
			lost[i] = (uint64_t)token_number(j, 0, 0);
		} else {
			(void)json_skip_next(j);
		}
	}
	want_end(j, JSON_OBJECT_END);
}

/* Called for a member that no field is; its value is next. */
typedef void other_fn(struct json *, void *arg);

static void read_members(struct json *, const struct field *, void *to,
    other_fn *other, void *arg);

/* The value of a field, which is the last token. */
static void
read_value(struct json *j, const struct field *f, void *to)
{
	char *at = (char *)to + f->at;

	switch ((enum field_type)f->type) {
	case FIELD_TEXT:
		*at = '\0';
		if (j->type != JSON_NULL)
			(void)json_string(j, at, f->size);
		break;
	case FIELD_NUMBER:
		*(int64_t *)(void *)at = token_number(j, -NUMBER_MAX, 0);
		break;
	case FIELD_COUNT:
		*(uint64_t *)(void *)at = (uint64_t)token_number(j, 0, 0);
		break;
	case FIELD_SMALL:
		*(unsigned *)(void *)at = (unsigned)token_number(j, 0, 0);
		break;
	case FIELD_KNOWN:
		*(int64_t *)(void *)at = token_number(j, 0, -1);
		break;
	case FIELD_MAYBE:
		*(int64_t *)(void *)at = token_number(j, -NUMBER_MAX, 0);
		break;
	case FIELD_ADDRESS:
		token_address(j, (struct addr *)(void *)at);
		break;
	case FIELD_STATE:
		token_state(j, (enum status_state *)(void *)at);
		(void)json_skip(j);
		break;
	case FIELD_RESUMED:
		*(enum facts_resumed *)(void *)at = j->type == JSON_TRUE ?
		    FACTS_RESUMED : j->type == JSON_FALSE ? FACTS_FULL :
		    FACTS_UNKNOWN;
		(void)json_skip(j);
		break;
	case FIELD_INNER:
		token_inner(j, (struct facts *)(void *)at);
		break;
	case FIELD_LOST:
		token_lost(j, (uint64_t *)(void *)at);
		break;
	case FIELD_OBJECT:
		if (j->type == JSON_OBJECT)
			read_members(j, f->sub, at, NULL, NULL);
		else
			(void)json_skip(j);
		break;
	}
}

/* The members of an object whose begin is the last token. */
static void
read_members(struct json *j, const struct field *fields, void *to,
    other_fn *other, void *arg)
{
	const struct field *f;

	if (j->type != JSON_OBJECT) {
		(void)json_fail(j, "an object is wanted here");
		return;
	}
	while (json_next(j) == JSON_KEY) {
		for (f = fields; f->name != NULL && !json_is(j, f->name); f++)
			;
		if (f->name != NULL) {
			(void)json_next(j);
			read_value(j, f, to);
		} else if (other != NULL) {
			other(j, arg);
		} else {
			(void)json_skip_next(j);
		}
	}
	want_end(j, JSON_OBJECT_END);
}

/*
 * Documents
 */

/* Makes room for one element more; NULL: there are too many. */
static void *
grow_array(void *array, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return array;
	if (n >= STATUS_READ_MAX)
		return NULL;
	*room = *room == 0 ? 16 : *room * 2;
	return xrealloc(array, *room, size);
}

/* An array of peers, which is the value of the last token, a key. */
static void
read_peers(struct json *j, struct status_read_tunnel *t)
{
	struct status_peer *peer;
	void *more;

	if (json_next(j) != JSON_ARRAY) {
		(void)json_fail(j, "an array is wanted here");
		return;
	}
	while (json_next(j) == JSON_OBJECT) {
		more = grow_array(t->peers, t->n, &t->room,
		    sizeof(*t->peers));
		if (more == NULL) {
			(void)json_fail(j, "there are too many peers");
			return;
		}
		t->peers = more;
		peer = &t->peers[t->n++];
		memset(peer, 0, sizeof(*peer));
		facts_clear(&peer->facts);
		peer->heard_s = -1;
		read_members(j, peer_fields, peer, NULL, NULL);
	}
	want_end(j, JSON_ARRAY_END);
}

/* A member of a tunnel, or of a document of peers. */
static void
other_of_tunnel(struct json *j, void *arg)
{
	struct status_read_tunnel *t = arg;

	if (json_is(j, "peers")) {
		read_peers(j, t);
	} else if (json_is(j, "peers_next")) {
		(void)json_next(j);
		t->next = token_number(j, 0, -1);
	} else {
		(void)json_skip_next(j);
	}
}

/* An array of tunnels, which is the value of the last token. */
static void
read_tunnels(struct json *j, struct status_read *s)
{
	struct status_read_tunnel *t;
	void *more;

	if (json_next(j) != JSON_ARRAY) {
		(void)json_fail(j, "an array is wanted here");
		return;
	}
	while (json_next(j) == JSON_OBJECT) {
		more = grow_array(s->tunnels, s->n, &s->room,
		    sizeof(*s->tunnels));
		if (more == NULL) {
			(void)json_fail(j, "there are too many tunnels");
			return;
		}
		s->tunnels = more;
		t = &s->tunnels[s->n++];
		memset(t, 0, sizeof(*t));
		facts_clear(&t->tunnel.end[LEFT].facts);
		facts_clear(&t->tunnel.end[RIGHT].facts);
		t->next = t->tunnel.retry_s = -1;
		read_members(j, tunnel_fields, &t->tunnel, other_of_tunnel, t);
	}
	want_end(j, JSON_ARRAY_END);
}

/* A member of a document. */
static void
other_of_document(struct json *j, void *arg)
{
	struct status_read *s = arg;

	if (json_is(j, "tunnels")) {
		read_tunnels(j, s);
	} else if (json_is(j, "process")) {
		(void)json_next(j);
		read_members(j, process_fields, &s->process, NULL, NULL);
	} else {
		(void)json_skip_next(j);
	}
}

static const struct field document_fields[] = {
	FIELD(NUMBER, status_read, "schema", schema),
	STRING(status_read, "error", error),
	STRING(status_read, "done", done),
	END
};

/* Reads a whole text; 0, or -1 and s->why. */
static int
read_text(struct status_read *s, const char *text, size_t len,
    other_fn *other, void *arg)
{
	struct json j;

	json_init(&j, text, len);
	(void)json_next(&j);
	read_members(&j, document_fields, s, other, arg);
	if (json_end(&j) == 0)
		return 0;
	strlcpy(s->why, j.why, sizeof(s->why));
	return -1;
}

int
status_read_all(struct status_read *s, const char *text, size_t len)
{
	return read_text(s, text, len, other_of_document, s);
}

int
status_read_peers(struct status_read *s, struct status_read_tunnel *t,
    const char *text, size_t len)
{
	t->next = -1;
	return read_text(s, text, len, other_of_tunnel, t);
}

void
status_read_free(struct status_read *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->tunnels[i].peers);
	free(s->tunnels);
	memset(s, 0, sizeof(*s));
}
