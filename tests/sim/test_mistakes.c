/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A mistake in one tunnel: it does not start, says whose fault that is and
 * where, keeps nothing open, and does not end the process, in which a second
 * tunnel goes on.
 *
 * A build without TLS leaves this out.
 * A build without DTLS leaves this out.
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "world.h"

#include "../unit/tap.h"

#define UL "udp-listen:0.0.0.0:54"
#define U "udp:10.0.2.1:7"
#define TLS_FILES ",cert=@/tls/p256.pem,key=@/tls/p256.key"

/* In specs "@" is the folder of test data, "#" a file with the text before. */
static const struct {
	const char *file;	/* its text; NULL: there is none */
	const char *left, *right;
	const char *option, *value;	/* of the tunnel; NULL: none */
	enum fault_kind kind;
	const char *setting;
	unsigned line;		/* 0: none */
	const char *says;
} mistakes[] = {
	/* Addresses. */
	{ NULL, "udp-listen:nowhere.example:54", U, NULL, NULL,
	  FAULT_SYSTEM, "bind-later", 0, "cannot listen" },
	{ NULL, "tcp-listen:nowhere.example:54", U, NULL, NULL,
	  FAULT_SYSTEM, "bind-later", 0, "cannot listen" },
	{ NULL, "udp-listen:10.0.0.999:54", U, NULL, NULL,
	  FAULT_USER, "", 0, "cannot listen" },
	{ NULL, "udp-listen:10.1.1.1:54", U, NULL, NULL,
	  FAULT_SYSTEM, "bind-later", 0, "no such address" },
	{ NULL, UL, U ",mark=1", NULL, NULL,
	  FAULT_SYSTEM, "mark", 0, "mark 1" },
	/* Certificates and keys. */
	{ NULL, "tls-listen:0.0.0.0:443", U, NULL, NULL,
	  FAULT_USER, "cert", 0, "gencert" },
	{ NULL, "tls-listen:0.0.0.0:443,cert=/nowhere/a.pem", U, NULL, NULL,
	  FAULT_USER, "cert", 0, "/nowhere/a.pem: cannot read" },
	{ NULL, "tls-listen:0.0.0.0:443,cert=@/tls/p256.pem,key=/nowhere/k", U,
	  NULL, NULL, FAULT_USER, "key", 0, "/nowhere/k: cannot read" },
	{ "no PEM", "tls-listen:0.0.0.0:443,cert=#", U, NULL, NULL,
	  FAULT_USER, "cert", 0, "no certificate" },
	{ "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
	  "tls-listen:0.0.0.0:443,cert=#", U, NULL, NULL,
	  FAULT_USER, "cert", 2, "line 2" },
	{ NULL, "tls-listen:0.0.0.0:443,cert=@/tls/p256.pem,"
	  "key=@/tls/client.key", U, NULL, NULL,
	  FAULT_USER, "key", 0, "does not belong" },
	{ NULL, "tls-listen:0.0.0.0:443" TLS_FILES ",cafile=/nowhere/ca", U,
	  NULL, NULL, FAULT_USER, "cafile", 0, "/nowhere/ca: cannot read" },
	{ "", UL, "tls:10.0.0.1:443,cafile=#", NULL, NULL,
	  FAULT_USER, "cafile", 0, "no certificate" },
	{ NULL, UL, "tls:10.0.0.1:443,cafile=", NULL, NULL,
	  FAULT_USER, "cafile", 0, "the name of the file is empty" },
	{ NULL, "tls-listen:0.0.0.0:443,cert=@/tls/p256.pem,key=", U, NULL,
	  NULL, FAULT_USER, "key", 0, "the name of the file is empty" },
	{ NULL, UL, "tls:10.0.0.1:443,no-name-check", NULL, NULL,
	  FAULT_USER, "no-name-check", 0, "only safe" },
	{ NULL, UL, "tls:10.0.0.1:443,cafile=@/tls/ca.pem,name=", NULL, NULL,
	  FAULT_USER, "name", 0, "is empty" },
	{ NULL, UL, "uott:10.0.0.1:443,cafile=@/tls/ca.pem", NULL, NULL,
	  FAULT_USER, "cafile", 0, "goes with tls" },
	{ NULL, "uott-listen:0.0.0.0:443,tls", U, NULL, NULL,
	  FAULT_USER, "cert", 0, "gencert" },
	/* Keys of DTLS. */
	{ NULL, UL, "dtls:10.0.0.1:443", NULL, NULL,
	  FAULT_USER, "psk-file", 0, "genpsk" },
	{ NULL, UL, "dtls:10.0.0.1:443,psk=abc", NULL, NULL,
	  FAULT_USER, "psk", 0, "psk" },
	{ NULL, UL, "dtls:10.0.0.1:443,psk=abcd,psk-file=/x", NULL, NULL,
	  FAULT_USER, "psk", 0, "exclude" },
	{ NULL, "dtls-listen:0.0.0.0:443,psk-file=/nowhere/keys", U,
	  NULL, NULL, FAULT_USER, "psk-file", 0, "/nowhere/keys: cannot" },
	{ "alice:0011\nbob:xyz\n", "dtls-listen:0.0.0.0:443,psk-file=#", U,
	  NULL, NULL, FAULT_USER, "psk-file", 2, "line 2" },
	{ "\xef\xbb\xbf" "alice:0011\nbob:xyz\n",
	  "dtls-listen:0.0.0.0:443,psk-file=#", U,
	  NULL, NULL, FAULT_USER, "psk-file", 2, "line 2" },
	{ "alice:0011\nbob:2233\n", UL, "dtls:10.0.0.1:443,psk-file=#",
	  NULL, NULL, FAULT_USER, "identity", 0, "2 keys" },
	{ "alice:0011\nbob:2233\n", UL,
	  "dtls:10.0.0.1:443,psk-file=#,identity=carol",
	  NULL, NULL, FAULT_USER, "identity", 0, "carol" },
	{ NULL, UL, "dtls:10.0.0.1:443,psk=abcd,ciphers=NO-SUCH", NULL, NULL,
	  FAULT_USER, "ciphers", 0, "NO-SUCH" },
	{ NULL, UL, "dtls:10.0.0.1:443,psk=abcd,groups=p-257", NULL, NULL,
	  FAULT_USER, "groups", 0, "p-257" },
	/* Devices and what goes through them. */
	{ NULL, "tun:t0,addr=127.0.0.1/8", "ip-udp:10.0.0.1:7", NULL, NULL,
	  FAULT_USER, "addr", 0, "no device can have" },
	{ NULL, "tun:t0,addr=10.9.0.1,addr=10.9.0.1", "ip-udp:10.0.0.1:7",
	  NULL, NULL, FAULT_USER, "addr", 0, "twice" },
	{ NULL, "tun:t0,addr=10.9.0.1,peer=fd00::1", "ip-udp:10.0.0.1:7",
	  NULL, NULL, FAULT_USER, "peer", 0, "other side" },
	{ NULL, "tun:t0,addr=fd00::1,mtu=1000", "ip-udp:10.0.0.1:7",
	  NULL, NULL, FAULT_USER, "mtu", 0, "1280" },
	{ NULL, "tun:t0,inner-file=/x", "ip-udp:10.0.0.1:7", NULL, NULL,
	  FAULT_USER, "inner-file", 0, "RIGHT" },
	{ NULL, UL, "tun:t0,inner-file=/nowhere/inner", NULL, NULL,
	  FAULT_USER, "inner-file", 0, "/nowhere/inner: cannot read" },
	{ "a 10.0.0.0/8\n\nb 10.300.0.0/8\n", UL, "tun:t0,inner-file=#",
	  NULL, NULL, FAULT_USER, "inner-file", 3, "line 3" },
	{ NULL, "tun:t0", "ip-udp:,hosts-file=/nowhere/h", NULL, NULL,
	  FAULT_USER, "hosts-file", 0, "/nowhere/h: the map" },
	{ "{ \"nodes\": 1 }", "tun:t0", "ip-udp:,hosts-file=#", NULL, NULL,
	  FAULT_USER, "hosts-file", 0, "the map of hosts is no good" },
	{ NULL, "tun:t0", "ip-udp:,hosts-file=/x,hosts-url=http://a/",
	  NULL, NULL, FAULT_USER, "hosts-url", 0, "exclude" },
	{ NULL, "tun:t0", "ip-udp:,hosts-url=ftp://a/", NULL, NULL,
	  FAULT_USER, "hosts-url", 0, "hosts-url=ftp" },
	{ NULL, "tun:t0", "ip-udp:,heartbeat=5", NULL, NULL,
	  FAULT_USER, "heartbeat", 0, "goes with a host" },
	{ NULL, "tun:t0", "ip-udp:10.0.0.1:0", NULL, NULL,
	  FAULT_USER, "", 0, "port 0" },
	/* The tunnel's own. */
	{ NULL, UL, U, "allowed-ports", "22",
	  FAULT_USER, "allowed-ports", 0, "allowed-ports looks at" },
};

static struct world w;

/* Replaces "@" and "#" in a spec. */
static void
fill_in(char *out, size_t size, const char *spec, const char *file)
{
	size_t n = 0;

	for (; *spec != '\0' && n < size - 1; spec++) {
		if (*spec == '@' || *spec == '#')
			n += (size_t)snprintf(out + n, size - n, "%s",
			    *spec == '@' ? sim_data() : file);
		else
			out[n++] = *spec;
	}
	out[n] = '\0';
}

/* Starts the tunnel of a mistake. */
static void
try_one(size_t i)
{
	static const char file[] = "test_mistakes.tmp";
	unsigned fds = w.server->n_fds;
	const char *says = mistakes[i].says;
	char left[900], right[900];
	struct fault *f;
	struct proc p;
	FILE *out;

	if (mistakes[i].file != NULL) {
		out = fopen(file, "wb");
		if (out == NULL)
			exit(1);
		fputs(mistakes[i].file, out);
		fclose(out);
		(void)chmod(file, 0600);
	}
	fill_in(left, sizeof(left), mistakes[i].left, file);
	fill_in(right, sizeof(right), mistakes[i].right, file);
	proc_set(&p, w.server, left, right);
	if (mistakes[i].option != NULL)
		proc_option(&p, mistakes[i].option, mistakes[i].value);
	f = &p.fault;
	is_int(proc_start(&p), -1, "%s to %s does not start",
	    mistakes[i].left, mistakes[i].right);
	is_int(f->kind, mistakes[i].kind, "it is %s fault",
	    mistakes[i].kind == FAULT_USER ? "the user's" : "the system's");
	is_str(f->setting, mistakes[i].setting, "that of a setting");
	is_int(f->line, mistakes[i].line, "at a line");
	ok(strstr(f->text, says) != NULL, "\"%s\" says \"%s\"", f->text,
	    says);
	is_int(w.server->n_fds, fds, "and nothing stays open");
	proc_forget(&p);
	remove(file);
}

/* Writes a file with a mode. */
static void
write_file(const char *path, const void *bytes, size_t n, unsigned mode)
{
	FILE *out = fopen(path, "wb");

	if (out == NULL || fwrite(bytes, 1, n, out) != n)
		exit(1);
	fclose(out);
	(void)chmod(path, (mode_t)mode);
}

/* Starts a tunnel whose key is in that file, which others may read or not. */
static void
try_key(const char *left, const char *setting, const void *bytes, size_t n)
{
	static const char file[] = "test_mistakes.tmp";
	char spec[900];
	struct proc p;

	fill_in(spec, sizeof(spec), left, file);
	write_file(file, bytes, n, 0644);
	if (file_mode_private(file) == 0) {
		proc_set(&p, w.server, spec, U);
		is_int(proc_start(&p), -1, "%s: others may read its key",
		    left);
		is_str(p.fault.setting, setting, "that is told");
		ok(strstr(p.fault.text, "chmod 600") != NULL, "\"%s\" has the "
		    "remedy", p.fault.text);
		proc_forget(&p);
	}
	write_file(file, bytes, n, 0600);
	proc_set(&p, w.server, spec, U);
	is_int(proc_start(&p), 0, "%s: only we may", left);
	proc_forget(&p);
	remove(file);
}

/* Keys that others may read. */
static void
test_shared_keys(void)
{
	char path[600];
	const char *why;
	size_t n;
	char *key;

	snprintf(path, sizeof(path), "%s/tls/p256.key", sim_data());
	key = file_read(path, 100000, &n, &why);
	if (key == NULL)
		exit(1);
	try_key("tls-listen:0.0.0.0:443,cert=@/tls/p256.pem,key=#", "key",
	    key, n);
	free(key);
	try_key("dtls-listen:0.0.0.0:443,psk-file=#", "psk-file",
	    "alice:0011\n", 11);
}

int
main(void)
{
	static struct app app;
	size_t i;

	world_begin(&w, 1);
	world_pool(&w, "tcp", "", "");
	app_open(&app, &w, 1);
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		try_one(i);
	test_shared_keys();
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "the tunnel beside them goes on");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
	return done_testing();
}
