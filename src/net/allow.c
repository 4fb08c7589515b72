/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The list of what a process without rights may ask for, and the check of
 * requests.
 */

#include "compat.h"

#include <string.h>

#include "net/allow.h"

#include "base/alloc.h"

/*
 * The list
 */

/* Adds an item; text may be NULL. */
static struct allow_item *
allow_add(struct allow *a, enum allow_kind kind, const char *owner,
    const char *text)
{
	struct allow_item *item = xcalloc(1, sizeof(*item));

	item->kind = kind;
	item->owner = xstrdup(owner);
	item->text = text == NULL ? NULL : xstrdup(text);
	item->next = a->first;
	a->first = item;
	return item;
}

void
allow_add_file(struct allow *a, const char *owner, const char *path)
{
	if (strlen(path) < ALLOW_PATH)
		(void)allow_add(a, ALLOW_OPEN, owner, path);
}

void
allow_add_log(struct allow *a, const char *path)
{
	if (strlen(path) < ALLOW_PATH)
		(void)allow_add(a, ALLOW_LOG, "", path);
}

void
allow_add_bind(struct allow *a, const char *owner, enum allow_socket socket,
    const struct hostport *at)
{
	struct allow_item *item = allow_add(a, ALLOW_BIND, owner, NULL);

	item->socket = socket;
	item->addr.port = at->port;
	if (at->host[0] != '\0' &&
	    addr_of_literal(&item->addr, at->host, at->port) != 0)
		item->any_host = true;
}

void
allow_add_mark(struct allow *a, const char *owner, uint32_t mark)
{
	allow_add(a, ALLOW_MARK, owner, NULL)->mark = mark;
}

void
allow_add_device(struct allow *a, const char *owner,
    const struct tun_settings *s, const struct route_settings *routes)
{
	struct allow_item *item;

	if (strlen(s->name) >= TUN_NAME)
		return;
	item = allow_add(a, ALLOW_TUN, owner, s->name);
	item->device = *s;
	item->device.name = item->text;
	item->routes = *routes;
}

void
allow_add_hook(struct allow *a, const char *owner, const char *command)
{
	char *text = xstrdup(command), *to = text;
	const char *from;

	for (from = command; *from != '\0'; from++) {
		if (*from != ' ' && *from != '\t')
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
	if (to > text && strlen(text) < ALLOW_PATH)
		(void)allow_add(a, ALLOW_HOOK, owner, text);
	free(text);
}

void
allow_keep(struct allow *a, const struct allow *from, const char *owner)
{
	const struct allow_item *i;
	struct allow_item *copy;

	for (i = from->first; i != NULL; i = i->next) {
		if (i->leaving || strcmp(i->owner, owner) != 0)
			continue;
		copy = allow_add(a, i->kind, owner, i->text);
		copy->socket = i->socket;
		copy->any_host = i->any_host;
		copy->addr = i->addr;
		copy->mark = i->mark;
		copy->device = i->device;
		copy->device.name = copy->text;
		copy->routes = i->routes;
	}
}

/* The item of the same tunnel and text. */
static struct allow_item *
find_like(const struct allow *a, const struct allow_item *like)
{
	struct allow_item *i;

	for (i = a->first; i != NULL; i = i->next)
		if (!i->leaving && i->kind == like->kind &&
		    strcmp(i->text, like->text) == 0 &&
		    strcmp(i->owner, like->owner) == 0)
			return i;
	return NULL;
}

/* Takes over what tunnels of a different list need for their end. */
static void
take_leaving(struct allow *a, const struct allow *from)
{
	const struct allow_item *i;
	struct allow_item *copy;

	for (i = from->first; i != NULL; i = i->next) {
		if (i->leaving || (i->kind != ALLOW_HOOK &&
		    i->kind != ALLOW_TUN) || find_like(a, i) != NULL)
			continue;
		copy = allow_add(a, i->kind, i->owner, i->text);
		copy->leaving = true;
		memcpy(copy->made, i->made, sizeof(copy->made));
	}
}

void
allow_take_over(struct allow *a, struct allow *from)
{
	struct allow_item *i, *was;

	for (i = a->first; i != NULL; i = i->next) {
		was = i->kind == ALLOW_TUN ? find_like(from, i) : NULL;
		if (was == NULL)
			continue;
		memcpy(i->made, was->made, sizeof(i->made));
		i->set = was->set;
		i->set.settings.device = i->made;
		memset(&was->set, 0, sizeof(was->set));
	}
	take_leaving(a, from);
}

void
allow_free(struct allow *a)
{
	struct allow_item *i, *next;

	for (i = a->first; i != NULL; i = next) {
		next = i->next;
		free(i->owner);
		free(i->text);
		free(i);
	}
	a->first = NULL;
}

/*
 * The check
 */

/* Is the text terminated, and nothing behind its end? */
static bool
text_is_clean(const char *text)
{
	const char *end = memchr(text, '\0', ALLOW_PATH);

	if (end == NULL)
		return false;
	for (; end < text + ALLOW_PATH; end++)
		if (*end != '\0')
			return false;
	return true;
}

static bool
addr_is_zero(const struct addr *a)
{
	static const struct addr zero;

	return a->family == 0 && a->port == 0 && a->scope == 0 &&
	    memcmp(a->ip, zero.ip, sizeof(a->ip)) == 0;
}

static bool
addr_is_good(const struct addr *a)
{
	static const uint8_t zero[12];

	return a->family == 6 || (a->family == 4 && a->scope == 0 &&
	    memcmp(a->ip + 4, zero, sizeof(zero)) == 0);
}

/* Which members a kind has. */
static const struct {
	bool text, number, addr, socket;
} members[] = {
	[ALLOW_OPEN] = { .text = true },
	[ALLOW_LOOK] = { .text = true },
	[ALLOW_LOG] = { .text = true },
	[ALLOW_BIND] = { .number = true, .addr = true, .socket = true },
	[ALLOW_MARK] = { .number = true, .socket = true },
	[ALLOW_TUN] = { .text = true, .addr = true },
	[ALLOW_MTU] = { .text = true, .number = true },
	[ALLOW_ROUTE] = { .text = true, .number = true },
	[ALLOW_RELOAD] = { .text = false },
	[ALLOW_VARIABLE] = { .text = true },
	[ALLOW_HOOK] = { .text = true },
	[ALLOW_HOOK_LOOK] = { .number = true },
	[ALLOW_HOOK_KILL] = { .number = true },
	[ALLOW_SERVER] = { .number = true, .addr = true },
};

/* May a program have that variable?  It must not change how a program is run,
 * as PATH or LD_PRELOAD do. */
static bool
is_variable(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t n = strspn(text, letters);

	if (strncmp(text, "ADIT_", 5) != 0 || n == 5 || text[n] != '=')
		return false;
	for (text += n; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* Has a request an address in any case? */
static bool
needs_addr(const struct allow_request *r)
{
	return r->kind == ALLOW_BIND || (r->kind == ALLOW_SERVER &&
	    r->number != ALLOW_SERVER_FOLLOW);
}

/* What is wrong with the form of a request; NULL: nothing. */
static const char *
request_fault(const struct allow_request *r, bool with_socket)
{
	if (r->kind == ALLOW_NONE ||
	    r->kind >= sizeof(members) / sizeof(members[0]))
		return "there is no such request";
	if (!text_is_clean(r->text) ||
	    (!members[r->kind].text && r->text[0] != '\0'))
		return "its text is malformed";
	if (!members[r->kind].number && r->number != 0)
		return "it has a number";
	if (!addr_is_zero(&r->addr) ? !members[r->kind].addr ||
	    !addr_is_good(&r->addr) : needs_addr(r))
		return "its address is malformed";
	if (with_socket != members[r->kind].socket)
		return with_socket ? "it has a descriptor" :
		    "its descriptor is missing";
	if (r->kind == ALLOW_BIND && r->number != ALLOW_TCP &&
	    r->number != ALLOW_UDP)
		return "there is no such type of socket";
	if (r->kind == ALLOW_VARIABLE && !is_variable(r->text))
		return "there is no such variable";
	if (r->kind == ALLOW_SERVER && (r->number > ALLOW_SERVER_FOLLOW ||
	    r->addr.port != 0 || needs_addr(r) == addr_is_zero(&r->addr)))
		return "there is no such request about a server";
	if (r->kind == ALLOW_MTU && (r->number < TUN_MTU_MIN ||
	    r->number > TUN_MTU_MAX))
		return "there is no such MTU";
	return NULL;
}

/* The default route of a family that a request is for. */
static uint32_t
route_default_of(const struct allow_request *r, unsigned family)
{
	return r->number >> (8 + 8 * family) & 0xff;
}

/* Does an item allow what is asked for its routes? */
static bool
item_has_routes(const struct allow_item *i, const struct allow_request *r)
{
	uint32_t what = r->number & 0xff, def;
	unsigned family;

	if (what != ALLOW_ROUTE_OPEN)
		return r->number <= ALLOW_ROUTE_RELEASE;
	if (r->number >> 24 != 0)
		return false;
	for (family = 0; family < 2; family++) {
		def = route_default_of(r, family);
		if (i->routes.def[family] == ROUTE_DEFAULT_BLOCKED ?
		    def != ROUTE_DEFAULT_DEVICE &&
		    def != ROUTE_DEFAULT_BLOCKED :
		    def != (uint32_t)i->routes.def[family])
			return false;
	}
	return true;
}

/* Does an item allow that address? */
static bool
item_has_addr(const struct allow_item *i, const struct allow_request *r)
{
	if ((uint32_t)i->socket != r->number || i->addr.port != r->addr.port)
		return false;
	if (i->any_host)
		return true;
	return i->addr.family == 0 ? addr_is_any(&r->addr) :
	    addr_same(&i->addr, &r->addr);
}

/* Is that the name of its device, as the system calls it? */
static bool
item_is_made(const struct allow_item *i, const char *name)
{
	return i->kind == ALLOW_TUN && i->made[0] != '\0' &&
	    strcmp(i->made, name) == 0;
}

/* Is that its device?  Several may have the same pattern as their name, but no
 * two the same address. */
static bool
item_has_device(const struct allow_item *i, const struct allow_request *r)
{
	if (i->kind != ALLOW_TUN || (strcmp(i->text, r->text) != 0 &&
	    !item_is_made(i, r->text)))
		return false;
	return i->device.n_addresses == 0 ? addr_is_zero(&r->addr) :
	    addr_same(&i->device.address[0].addr, &r->addr);
}

/* Is it a device with a default route, whose carrier has that server? */
static bool
item_has_server(const struct allow_item *i, const struct allow_request *r)
{
	const struct route_settings *s = &i->routes;
	struct addr server = s->server;

	server.port = 0;
	return i->kind == ALLOW_TUN && (s->def[0] != ROUTE_DEFAULT_NONE ||
	    s->def[1] != ROUTE_DEFAULT_NONE) && (server.family == 0 ||
	    r->number == ALLOW_SERVER_FOLLOW ||
	    addr_same(&server, &r->addr));
}

/* Does an item allow a request, whose form is good? */
static bool
item_allows(const struct allow_item *i, const struct allow_request *r)
{
	if (i->leaving && r->kind != ALLOW_HOOK &&
	    (r->kind != ALLOW_ROUTE || r->number < ALLOW_ROUTE_CLOSE))
		return false;
	switch ((enum allow_kind)r->kind) {
	case ALLOW_OPEN:
	case ALLOW_LOOK:
		return i->kind == ALLOW_OPEN && strcmp(i->text, r->text) == 0;
	case ALLOW_LOG:
		return i->kind == ALLOW_LOG && strcmp(i->text, r->text) == 0;
	case ALLOW_BIND:
		return i->kind == ALLOW_BIND && item_has_addr(i, r);
	case ALLOW_MARK:
		return i->kind == ALLOW_MARK && i->mark == r->number;
	case ALLOW_TUN:
		return item_has_device(i, r);
	case ALLOW_MTU:
		return item_is_made(i, r->text);
	case ALLOW_ROUTE:
		if (r->number == ALLOW_ROUTE_RELEASE &&
		    i->kind == ALLOW_TUN && strcmp(i->text, r->text) == 0)
			return true;
		return item_is_made(i, r->text) && item_has_routes(i, r);
	case ALLOW_HOOK:
		return i->kind == ALLOW_HOOK && strcmp(i->text, r->text) == 0;
	case ALLOW_SERVER:
		return item_has_server(i, r);
	case ALLOW_NONE:
	case ALLOW_RELOAD:
	case ALLOW_VARIABLE:
	case ALLOW_HOOK_LOOK:
	case ALLOW_HOOK_KILL:
	case ALLOW_KINDS:
		break;
	}
	return false;
}

const char *
allow_check(const struct allow *a, const struct allow_request *r,
    bool with_socket, struct allow_item **item)
{
	const char *why = request_fault(r, with_socket);
	struct allow_item *i;

	*item = NULL;
	if (why != NULL || r->kind == ALLOW_RELOAD ||
	    r->kind == ALLOW_VARIABLE || r->kind == ALLOW_HOOK_LOOK ||
	    r->kind == ALLOW_HOOK_KILL)
		return why;
	for (i = a->first; i != NULL; i = i->next) {
		if (!item_allows(i, r))
			continue;
		/* A device that is not open yet, if there is one; no routes of
		 * a device of that name that has gone. */
		if (*item == NULL || (*item)->leaving ||
		    (r->kind == ALLOW_TUN && i->made[0] == '\0'))
			*item = i;
	}
	return *item != NULL ? NULL : "the configuration does not name it";
}

const char *
allow_kind_text(uint32_t kind)
{
	static const char *const words[] = {
		[ALLOW_NONE] = "nothing",
		[ALLOW_OPEN] = "to open a file",
		[ALLOW_LOOK] = "to look at a file",
		[ALLOW_LOG] = "to open the log",
		[ALLOW_BIND] = "to bind a socket",
		[ALLOW_MARK] = "to mark a socket",
		[ALLOW_TUN] = "to open a device",
		[ALLOW_MTU] = "to set an MTU",
		[ALLOW_ROUTE] = "to set routes",
		[ALLOW_RELOAD] = "to read the configuration",
		[ALLOW_VARIABLE] = "to set a variable",
		[ALLOW_HOOK] = "to run a program",
		[ALLOW_HOOK_LOOK] = "to look for a program",
		[ALLOW_HOOK_KILL] = "to kill a program",
		[ALLOW_SERVER] = "to reach a server outside of the tunnel",
	};

	return kind < sizeof(words) / sizeof(words[0]) ? words[kind] :
	    "something unknown";
}
