/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: requests to the privileged process.  What is allowed is what a
 * few lines here say of the same list.  Bytes that are missing are zero.
 */

#include "compat.h"

#include "base/log.h"
#include "net/allow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = { "/etc/adit/key.pem", "psk", "/" };

static struct allow list;

static void
make_list(void)
{
	struct tun_settings device = { .name = "adit0", .mtu = 1400 };
	struct route_settings routes = { .def = { ROUTE_DEFAULT_BLOCKED,
	    ROUTE_DEFAULT_DEVICE } };
	struct hostport at;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		allow_add_file(&list, "a", paths[i]);
	allow_add_log(&list, "/var/log/adit.log");
	memset(&at, 0, sizeof(at));
	at.port = 443;
	strlcpy(at.host, "127.0.0.1", sizeof(at.host));
	allow_add_bind(&list, "a", ALLOW_TCP, &at);
	at.host[0] = '\0';
	allow_add_bind(&list, "b", ALLOW_UDP, &at);
	allow_add_mark(&list, "a", 7);
	allow_add_device(&list, "a", &device, &routes);
	strlcpy(list.first->made, "tun7", sizeof(list.first->made));
	allow_add_hook(&list, "a", "/up  now");
}

/* Is the text that one, with nothing behind it? */
static bool
is_text(const struct allow_request *r, const char *text)
{
	char whole[ALLOW_PATH];

	memset(whole, 0, sizeof(whole));
	strlcpy(whole, text, sizeof(whole));
	return memcmp(r->text, whole, sizeof(whole)) == 0;
}

static bool
is_path(const struct allow_request *r)
{
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (is_text(r, paths[i]))
			return true;
	return false;
}

/* The address as TCP or UDP of the list. */
static bool
is_address(const struct allow_request *r)
{
	static const uint8_t zero[16], home[16] = { 127, 0, 0, 1 };
	const struct addr *a = &r->addr;

	if (a->port != 443 || (a->family == 4 && a->scope != 0))
		return false;
	if (r->number == ALLOW_TCP)
		return a->family == 4 && memcmp(a->ip, home, 16) == 0;
	return r->number == ALLOW_UDP && (a->family == 4 || a->family == 6) &&
	    memcmp(a->ip, zero, 16) == 0;
}

static bool
has_address(const struct allow_request *r)
{
	static const uint8_t zero[16];

	return r->addr.family != 0 || r->addr.port != 0 ||
	    r->addr.scope != 0 || memcmp(r->addr.ip, zero, 16) != 0;
}

/* A server that the list's only carrier with default routes may have: any. */
static bool
is_server(const struct allow_request *r)
{
	static const uint8_t zero[16];
	const struct addr *a = &r->addr;

	if (r->number == ALLOW_SERVER_FOLLOW)
		return !has_address(r);
	return (r->number == ALLOW_SERVER_OFF ||
	    r->number == ALLOW_SERVER_ON) && a->port == 0 &&
	    (a->family == 6 || (a->family == 4 && a->scope == 0 &&
	    memcmp(a->ip + 4, zero, 12) == 0));
}

/* Is it ADIT_NAME=VALUE? */
static bool
is_variable(const struct allow_request *r)
{
	size_t i, n = 0;

	if (memcmp(r->text, "ADIT_", 5) != 0)
		return false;
	for (i = 5; i < ALLOW_PATH && r->text[i] != '\0'; i++) {
		if ((r->text[i] & 0xe0) == 0 || r->text[i] == 0x7f)
			return false;
		if (n == 0 && r->text[i] == '=')
			n = i;
		if (n == 0 && r->text[i] != '_' &&
		    (r->text[i] < '0' || r->text[i] > '9') &&
		    (r->text[i] < 'A' || r->text[i] > 'Z'))
			return false;
	}
	for (; i < ALLOW_PATH && r->text[i] == '\0'; i++)
		;
	return n > 5 && i == ALLOW_PATH && r->text[ALLOW_PATH - 1] == '\0';
}

/* The model. */
static bool
is_allowed(const struct allow_request *r, bool with_socket)
{
	if (r->kind != ALLOW_BIND && r->kind != ALLOW_SERVER && has_address(r))
		return false;
	switch (r->kind) {
	case ALLOW_OPEN:
	case ALLOW_LOOK:
		return !with_socket && r->number == 0 && is_path(r);
	case ALLOW_LOG:
		return !with_socket && r->number == 0 &&
		    is_text(r, "/var/log/adit.log");
	case ALLOW_RELOAD:
		return !with_socket && r->number == 0 && is_text(r, "");
	case ALLOW_BIND:
		return with_socket && is_text(r, "") && is_address(r);
	case ALLOW_MARK:
		return with_socket && is_text(r, "") && r->number == 7;
	case ALLOW_TUN:
		return !with_socket && r->number == 0 &&
		    (is_text(r, "adit0") || is_text(r, "tun7"));
	case ALLOW_MTU:
		return !with_socket && r->number >= TUN_MTU_MIN &&
		    r->number <= TUN_MTU_MAX && is_text(r, "tun7");
	case ALLOW_VARIABLE:
		return !with_socket && r->number == 0 && is_variable(r);
	case ALLOW_HOOK:
		return !with_socket && r->number == 0 &&
		    is_text(r, "/up now");
	case ALLOW_SERVER:
		return !with_socket && is_text(r, "") && is_server(r);
	case ALLOW_HOOK_LOOK:
	case ALLOW_HOOK_KILL:
		return !with_socket && is_text(r, "");
	case ALLOW_ROUTE:
		if (!with_socket && is_text(r, "adit0"))
			return r->number == ALLOW_ROUTE_RELEASE;
		return !with_socket && is_text(r, "tun7") &&
		    (r->number == 0x010100 || r->number == 0x010200 ||
		    (r->number >= 1 && r->number <= 6));
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct allow_request r;
	struct allow_item *item;
	bool with_socket;
	const char *why;
	size_t n;

	if (list.first == NULL)
		make_list();
	while (size > 1) {
		with_socket = *data & 1;
		n = size - 1 < sizeof(r) ? size - 1 : sizeof(r);
		memset(&r, 0, sizeof(r));
		memcpy(&r, data + 1, n);
		why = allow_check(&list, &r, with_socket, &item);
		must((why == NULL) == is_allowed(&r, with_socket));
		must(why == NULL || *why != '\0');
		must(why != NULL || r.kind >= ALLOW_RELOAD || item != NULL);
		must(*allow_kind_text(r.kind) != '\0');
		data += n + 1;
		size -= n + 1;
	}
	return 0;
}
