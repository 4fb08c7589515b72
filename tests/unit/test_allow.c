/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/allow.h: requests to the privileged process, with every member hostile.
 */

#include "compat.h"

#include "net/allow.h"

#include "tap.h"

static struct allow list;
static struct allow_request request;
static struct allow_item *item;

static struct addr
address(const char *text)
{
	struct addr a;

	memset(&a, 0, sizeof(a));
	if (addr_parse(&a, text) != 0)
		exit(1);
	return a;
}

static struct hostport
host(const char *name, uint16_t port)
{
	struct hostport at;

	memset(&at, 0, sizeof(at));
	strlcpy(at.host, name, sizeof(at.host));
	at.port = port;
	return at;
}

static void
make_list(void)
{
	struct tun_settings device = { .name = "adit0", .mtu = 1400 };
	struct route_settings routes = { .def = { ROUTE_DEFAULT_BLOCKED,
	    ROUTE_DEFAULT_DEVICE } };
	struct hostport at;

	allow_add_file(&list, "a", "/etc/adit/key.pem");
	allow_add_file(&list, "a", "relative/psk");
	allow_add_log(&list, "/var/log/adit.log");
	at = host("127.0.0.1", 443);
	allow_add_bind(&list, "a", ALLOW_TCP, &at);
	at = host("", 53);
	allow_add_bind(&list, "b", ALLOW_UDP, &at);
	at = host("localhost", 80);
	allow_add_bind(&list, "b", ALLOW_TCP, &at);
	allow_add_mark(&list, "a", 7);
	allow_add_mark(&list, "b", 0);
	allow_add_device(&list, "a", &device, &routes);
	allow_add_hook(&list, "a", " /etc/adit/up\t-v   eth0 ");
}

/* A new request. */
static void
begin(uint32_t kind, const char *text)
{
	memset(&request, 0, sizeof(request));
	request.kind = kind;
	strlcpy(request.text, text, sizeof(request.text));
}

static void
allows(bool with_socket, const char *what)
{
	const char *why = allow_check(&list, &request, with_socket, &item);

	ok(why == NULL, "allowed: %s", what);
	if (why != NULL)
		printf("# %s\n", why);
}

static void
refuses(bool with_socket, const char *what)
{
	ok(allow_check(&list, &request, with_socket, &item) != NULL,
	    "refused: %s", what);
}

static void
test_files(void)
{
	static const char *const others[] = {
		"", "/", "/etc/adit", "/etc/adit/", "/etc/adit/key.pe",
		"/etc/adit/key.pem2", "/etc/adit/key.pem/", "//etc/adit/key.pem",
		"/etc/adit/../adit/key.pem", "/etc/adit/./key.pem",
		"/etc/adit/../shadow", "etc/adit/key.pem", "/etc/shadow",
		"/etc/adit/KEY.PEM", " /etc/adit/key.pem", "psk",
		"./relative/psk", "/var/log/adit.log", "adit0", "443",
	};
	unsigned kind;
	size_t i;

	for (kind = ALLOW_OPEN; kind <= ALLOW_LOOK; kind++) {
		begin(kind, "/etc/adit/key.pem");
		allows(false, "a file of the configuration");
		is_str(item->owner, "a", "  which is a tunnel's");
		begin(kind, "relative/psk");
		allows(false, "a file with a relative path");
		for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			begin(kind, others[i]);
			refuses(false, others[i]);
		}
		begin(kind, "/etc/adit/key.pem");
		refuses(true, "  with a descriptor");
		request.number = 1;
		refuses(false, "  with a number");
		begin(kind, "/etc/adit/key.pem");
		request.addr = address("127.0.0.1:443");
		refuses(false, "  with an address");
	}
}

static void
test_texts(void)
{
	begin(ALLOW_OPEN, "/etc/adit/key.pem");
	request.text[ALLOW_PATH - 1] = 'x';
	refuses(false, "a byte at the end of a text");
	begin(ALLOW_OPEN, "/etc/adit/key.pem");
	memcpy(request.text + 18, "../shadow", 9);
	refuses(false, "a second text behind the NUL");
	memset(request.text, '/', sizeof(request.text));
	refuses(false, "a text without NUL");
	memset(request.text, 0, sizeof(request.text));
	refuses(false, "no text");
	begin(ALLOW_OPEN, "");
	strlcpy(request.text + 1, "/etc/adit/key.pem", 100);
	refuses(false, "a NUL before the text");
	begin(ALLOW_RELOAD, "/tmp/other.conf");
	refuses(false, "a reload of a different file");
	begin(ALLOW_LOG, "/etc/passwd");
	refuses(false, "a different file for the log");
	begin(ALLOW_BIND, "x");
	request.addr = address("127.0.0.1:443");
	refuses(true, "a socket with a text");
}

static void
test_kinds(void)
{
	uint32_t kind;

	begin(ALLOW_NONE, "");
	refuses(false, "no kind");
	for (kind = ALLOW_KINDS; kind < ALLOW_KINDS + 70; kind++) {
		begin(kind, "/etc/adit/key.pem");
		if (allow_check(&list, &request, false, &item) == NULL ||
		    allow_check(&list, &request, true, &item) == NULL)
			break;
	}
	is_int(kind, ALLOW_KINDS + 70, "refused: unknown kinds");
	begin(UINT32_MAX, "/etc/adit/key.pem");
	refuses(false, "the largest kind");
	begin(0x80000001, "/etc/adit/key.pem");
	refuses(false, "a kind below 0");
	begin(ALLOW_RELOAD, "");
	allows(false, "a reload");
	refuses(true, "a reload with a descriptor");
	begin(ALLOW_LOG, "/var/log/adit.log");
	allows(false, "the log");
	begin(ALLOW_LOG, "/etc/adit/key.pem");
	refuses(false, "a different file as log");
}

/* Asks for an address. */
static void
binds(bool good, enum allow_socket type, const char *at)
{
	begin(ALLOW_BIND, "");
	request.number = type;
	request.addr = address(at);
	if (good)
		allows(true, at);
	else
		refuses(true, at);
}

static void
test_sockets(void)
{
	binds(true, ALLOW_TCP, "127.0.0.1:443");
	refuses(false, "  without a socket");
	binds(false, ALLOW_UDP, "127.0.0.1:443");
	binds(false, ALLOW_TCP, "127.0.0.1:444");
	binds(false, ALLOW_TCP, "127.0.0.1:0");
	binds(false, ALLOW_TCP, "127.0.0.2:443");
	binds(false, ALLOW_TCP, "0.0.0.0:443");
	binds(false, ALLOW_TCP, "[::]:443");
	binds(false, ALLOW_TCP, "[::ffff:127.0.0.1]:443");
	binds(false, ALLOW_TCP, "127.0.0.1:22");
	binds(true, ALLOW_UDP, "0.0.0.0:53");
	binds(true, ALLOW_UDP, "[::]:53");
	binds(false, ALLOW_UDP, "127.0.0.1:53");
	binds(false, ALLOW_TCP, "0.0.0.0:53");
	/* The address of a name is the resolver's. */
	binds(true, ALLOW_TCP, "127.0.0.1:80");
	binds(true, ALLOW_TCP, "[::1]:80");
	binds(false, ALLOW_TCP, "127.0.0.1:81");
	binds(false, ALLOW_UDP, "127.0.0.1:80");

	begin(ALLOW_BIND, "");
	request.number = 2;
	request.addr = address("127.0.0.1:443");
	refuses(true, "a third type of socket");
	request.number = ALLOW_TCP;
	request.addr.scope = 1;
	refuses(true, "IPv4 with a zone");
	request.addr = address("127.0.0.1:443");
	request.addr.ip[15] = 1;
	refuses(true, "IPv4 with more than 4 bytes");
	request.addr.ip[15] = 0;
	request.addr.family = 0;
	refuses(true, "an address without family");
	request.addr.family = 5;
	refuses(true, "an address of family 5");
	request.addr.family = 255;
	refuses(true, "an address of family 255");
}

static void
test_marks(void)
{
	static const uint32_t others[] = { 1, 6, 8, 0xff, 0x80000007,
	    UINT32_MAX };
	size_t i;

	begin(ALLOW_MARK, "");
	request.number = 7;
	allows(true, "a mark of the configuration");
	refuses(false, "  without a socket");
	request.number = 0;
	allows(true, "the mark 0, which is one");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		request.number = others[i];
		refuses(true, "a different mark");
	}
	request.number = 7;
	request.addr.port = 1;
	refuses(true, "a mark with an address");
}

static void
test_devices(void)
{
	begin(ALLOW_TUN, "adit0");
	allows(false, "a device of the configuration");
	is_int(item->device.mtu, 1400, "  with what the list says of it");
	request.number = 1;
	refuses(false, "  with a number");
	begin(ALLOW_TUN, "adit1");
	refuses(false, "a different device");
	begin(ALLOW_TUN, "");
	refuses(false, "any device");
	begin(ALLOW_MTU, "adit0");
	request.number = 1300;
	refuses(false, "the MTU of a device that is not open");
	begin(ALLOW_TUN, "adit0");
	allows(false, "the device");
	strlcpy(item->made, "adit7", sizeof(item->made));
	begin(ALLOW_TUN, "adit7");
	allows(false, "the device, by the name that the system gave it");
	begin(ALLOW_MTU, "adit7");
	request.number = 1300;
	allows(false, "the MTU of an open device");
	request.number = TUN_MTU_MIN - 1;
	refuses(false, "an MTU that is too small");
	request.number = TUN_MTU_MAX + 1;
	refuses(false, "an MTU that is too large");
	request.number = UINT32_MAX;
	refuses(false, "an MTU below 0");
	begin(ALLOW_MTU, "eth0");
	request.number = 1300;
	refuses(false, "the MTU of a different device");
	begin(ALLOW_MTU, "");
	request.number = 1300;
	refuses(false, "the MTU of no device");
}

/* Several devices whose names the system chooses. */
static void
test_patterns(void)
{
	struct tun_settings device = { .name = "tun%d", .n_addresses = 1 };
	struct route_settings none = { .mark = 0 };
	struct allow before = list;
	struct allow_item *first;

	list.first = NULL;
	device.address[0].addr = address("10.0.0.1:0");
	allow_add_device(&list, "a", &device, &none);
	device.address[0].addr = address("10.0.0.2:0");
	allow_add_device(&list, "b", &device, &none);
	device.n_addresses = 0;
	allow_add_device(&list, "c", &device, &none);
	allow_add_device(&list, "d", &device, &none);
	begin(ALLOW_TUN, "tun%d");
	request.addr = address("10.0.0.1:0");
	allows(false, "the device that has the address");
	is_str(item == NULL ? "" : item->owner, "a", "  is that of its tunnel");
	request.addr = address("10.0.0.2:0");
	allows(false, "the device that has the other one");
	is_str(item == NULL ? "" : item->owner, "b", "  is that of its tunnel");
	request.addr = address("10.0.0.3:0");
	refuses(false, "one that has a different address");
	begin(ALLOW_TUN, "tun%d");
	allows(false, "a device without address");
	strlcpy(item->made, "tun0", sizeof(item->made));
	first = item;
	allows(false, "a second one");
	ok(item != first, "  is a different one");
	strlcpy(item->made, "tun1", sizeof(item->made));
	allows(false, "one that is opened again");
	allow_free(&list);
	list = before;
}

/* Asks for routes. */
static void
routes(bool good, uint32_t number, const char *what)
{
	begin(ALLOW_ROUTE, "adit7");
	request.number = number;
	if (good)
		allows(false, what);
	else
		refuses(false, what);
}

/* IPv4 has "default", IPv6 has ::/0. */
static void
test_routes(void)
{
	static const enum route_default none = ROUTE_DEFAULT_NONE,
	    device = ROUTE_DEFAULT_DEVICE, blocked = ROUTE_DEFAULT_BLOCKED;

	routes(true, ALLOW_ROUTE_NUMBER(ALLOW_ROUTE_OPEN, device, device),
	    "the routes of the configuration");
	routes(true, ALLOW_ROUTE_NUMBER(ALLOW_ROUTE_OPEN, blocked, device),
	    "  by the addresses of the device");
	routes(false, ALLOW_ROUTE_NUMBER(ALLOW_ROUTE_OPEN, none, device),
	    "no default route");
	routes(false, ALLOW_ROUTE_NUMBER(ALLOW_ROUTE_OPEN, device, blocked),
	    "a network that is blocked");
	routes(false, ALLOW_ROUTE_NUMBER(ALLOW_ROUTE_OPEN, 3, device),
	    "an unknown default route");
	routes(false, 1u << 24 | ALLOW_ROUTE_NUMBER(ALLOW_ROUTE_OPEN, device,
	    device), "a third family");
	routes(true, ALLOW_ROUTE_ON, "routes on");
	routes(true, ALLOW_ROUTE_OFF, "routes off");
	routes(true, ALLOW_ROUTE_RESTORE, "routes again");
	routes(true, ALLOW_ROUTE_CLOSE, "routes away");
	routes(true, ALLOW_ROUTE_LEAVE, "routes away, but closed");
	routes(true, ALLOW_ROUTE_RELEASE, "open again");
	routes(false, ALLOW_ROUTE_RELEASE + 1, "something else with routes");
	routes(false, ALLOW_ROUTE_NUMBER(ALLOW_ROUTE_ON, device, none),
	    "routes on, with a default");
	routes(false, UINT32_MAX, "the largest number");
	begin(ALLOW_ROUTE, "eth0");
	request.number = ALLOW_ROUTE_CLOSE;
	refuses(false, "routes of a different device");
	begin(ALLOW_ROUTE, "adit0");
	request.number = ALLOW_ROUTE_CLOSE;
	refuses(false, "routes by the name in the plan");
}

/* Asks for a server. */
static void
server(uint32_t number, const char *at)
{
	begin(ALLOW_SERVER, "");
	request.number = number;
	if (at != NULL)
		request.addr = address(at);
}

static void
test_servers(void)
{
	struct allow before = list;
	struct tun_settings device = { .name = "tun%d", .mtu = 1400 };
	struct route_settings plain = { .def = { ROUTE_DEFAULT_NONE } };
	struct route_settings one = { .def = { ROUTE_DEFAULT_DEVICE } };

	server(ALLOW_SERVER_ON, "192.0.2.1:0");
	allows(false, "a server of a carrier that has a name");
	server(ALLOW_SERVER_OFF, "[2001:db8::1]:0");
	allows(false, "  no longer");
	server(ALLOW_SERVER_FOLLOW, NULL);
	allows(false, "a look at its way");
	server(ALLOW_SERVER_FOLLOW, "192.0.2.1:0");
	refuses(false, "  with an address");
	server(ALLOW_SERVER_ON, NULL);
	refuses(false, "a server without an address");
	server(ALLOW_SERVER_ON, "192.0.2.1:443");
	refuses(false, "a server with a port");
	server(ALLOW_SERVER_FOLLOW + 1, NULL);
	refuses(false, "something else with a server");
	server(ALLOW_SERVER_ON, "192.0.2.1:0");
	refuses(true, "a server with a descriptor");
	memset(&list, 0, sizeof(list));
	allow_add_device(&list, "a", &device, &plain);
	refuses(false, "a server without default routes");
	one.server = address("192.0.2.1:443");
	allow_add_device(&list, "b", &device, &one);
	allows(false, "a server of the configuration");
	server(ALLOW_SERVER_FOLLOW, NULL);
	allows(false, "  a look at its way");
	server(ALLOW_SERVER_ON, "192.0.2.2:0");
	refuses(false, "a different server");
	allow_free(&list);
	list = before;
}

static void
test_hooks(void)
{
	static const char *const others[] = {
		"", "/etc/adit/up", "/etc/adit/up -v", "/etc/adit/up -v eth0 ",
		"/etc/adit/up  -v eth0", "/etc/adit/up -v eth0 -x", "/bin/sh",
		"/bin/sh -c id", "/etc/adit/up\t-v\teth0", "-v", " ",
	};
	static const char *const variables[] = {
		"", "A", "=", "PATH=/tmp", "LD_PRELOAD=/tmp/x", "ADIT_",
		"ADIT_=x", "ADIT_A", "ADIT_a=x", "ADIT_A B=x", "ADIT_A=\n",
		"ADIT_A=x\x7f", "xADIT_A=x", "ADIT_A=\x1b[2J", "adit_A=x",
	};
	size_t i;

	begin(ALLOW_HOOK, "/etc/adit/up -v eth0");
	allows(false, "a program of the configuration");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin(ALLOW_HOOK, others[i]);
		refuses(false, others[i]);
	}
	begin(ALLOW_VARIABLE, "ADIT_LEFT_4=x =\xc3\xa4");
	allows(false, "a variable of ours");
	begin(ALLOW_VARIABLE, "ADIT_A=");
	allows(false, "a variable without value");
	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		begin(ALLOW_VARIABLE, variables[i]);
		refuses(false, variables[i]);
	}
	begin(ALLOW_HOOK_KILL, "");
	request.number = 1;
	allows(false, "a number, which only the process itself can judge");
	refuses(true, "  with a descriptor");
}

/* What has gone may end, until the next reload. */
static void
test_leaving(void)
{
	struct allow old;

	begin(ALLOW_HOOK, "/etc/adit/up -v eth0");
	allows(false, "a program of a tunnel that has gone");
	old = list;
	list.first = NULL;
	allow_keep(&list, &old, "a");
	allow_take_over(&list, &old);
	allow_free(&old);
	refuses(false, "  but not after a second reload");
	old = list;
	list.first = NULL;
	allow_take_over(&list, &old);
	allow_free(&old);
	begin(ALLOW_ROUTE, "adit7");
	request.number = ALLOW_ROUTE_CLOSE;
	allows(false, "the end of routes of a device that has gone");
	request.number = ALLOW_ROUTE_OFF;
	refuses(false, "  and nothing else");
	begin(ALLOW_TUN, "adit0");
	refuses(false, "  nor the device");
	begin(ALLOW_MTU, "adit7");
	request.number = 1300;
	refuses(false, "  nor its MTU");
}

/* A reload replaces the list. */
static void
test_replacement(void)
{
	struct tun_settings device = { .name = "adit0" };
	struct route_settings none = { .mark = 0 };
	struct allow old = list;

	list.first = NULL;
	allow_add_file(&list, "c", "/etc/new");
	allow_add_device(&list, "a", &device, &none);
	allow_keep(&list, &old, "b");
	allow_take_over(&list, &old);
	begin(ALLOW_OPEN, "/etc/new");
	allows(false, "a new file");
	begin(ALLOW_OPEN, "/etc/adit/key.pem");
	refuses(false, "a file that is no longer named");
	binds(true, ALLOW_UDP, "0.0.0.0:53");
	binds(false, ALLOW_TCP, "127.0.0.1:443");
	begin(ALLOW_MARK, "");
	request.number = 7;
	refuses(true, "the mark of a tunnel that has gone");
	begin(ALLOW_MTU, "adit7");
	request.number = 1300;
	allows(false, "the MTU of a device that stays open");
	allow_free(&old);
	test_leaving();
	allow_free(&list);
	begin(ALLOW_OPEN, "/etc/new");
	refuses(false, "anything, when nothing is allowed");
}

/* What fits no request is not in the list. */
static void
test_long(void)
{
	char path[ALLOW_PATH + 1];
	struct tun_settings device = { .name = path };
	struct route_settings none = { .mark = 0 };

	memset(path, 'x', sizeof(path));
	path[ALLOW_PATH] = '\0';
	allow_add_file(&list, "a", path);
	allow_add_device(&list, "a", &device, &none);
	ok(list.first == NULL, "what is too long is left out");
	path[ALLOW_PATH - 1] = '\0';
	allow_add_file(&list, "a", path);
	begin(ALLOW_OPEN, path);
	allows(false, "the longest path");
	allow_free(&list);
}

int
main(void)
{
	make_list();
	test_files();
	test_texts();
	test_kinds();
	test_sockets();
	test_marks();
	test_devices();
	test_patterns();
	test_routes();
	test_servers();
	test_hooks();
	test_replacement();
	test_long();
	return done_testing();
}
