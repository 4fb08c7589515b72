/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/safe.h: which tunnels let strangers in, and which carriers are warned
 * of.
 *
 * A build without TLS leaves this out.  A build without DTLS leaves this out.  A
 * build without TUN leaves this out.
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/safe.h"

#include "base/fault.h"
#include "base/log.h"
#include "tunnel/plan.h"

#include "tap.h"

static unsigned warned;
static char last[1000];

static void
note_line(enum log_level level, const char *line)
{
	warned += level == LEVEL_WARN;
	strlcpy(last, line, sizeof(last));
}

/* Finishes a plan; 0, or -1 and the fault. */
static int
judge(const char *left, const char *right, bool native, bool insecure,
    struct fault *f)
{
	struct plan p;
	int result;

	plan_init(&p);
	p.native = native;
	p.tunnel.insecure = insecure;
	if (plan_read_spec(&p, LEFT, left, f) != 0 ||
	    plan_read_spec(&p, RIGHT, right, f) != 0)
		die_bug(__FILE__, __LINE__, f->text);
	if (plan_finish(&p, f) != 0)
		die_bug(__FILE__, __LINE__, f->text);
	result = safe_check(&p, f);
	warned = 0;
	safe_warn(&p);
	plan_free(&p);
	return result;
}

static void
test_open_devices(void)
{
	static const struct {
		const char *left;
		bool open;
	} ends[] = {
		{ "udp-listen:0.0.0.0:1", true },
		{ "udp-listen::1", true },
		{ "tcp-listen::1", true },
		{ "udp2tcp-listen::1", true },
		{ "uott-listen:192.0.2.1:1", true },
		{ "uott-listen::1,tls,cert=c", true },
		{ "tls-listen:vpn.example.com:1,cert=c", true },
		{ "tls-listen::1,cert=c,cafile=a", false },
		{ "uott-listen::1,tls,cert=c,cafile=a", false },
		/* Without tls it asks for no certificate. */
		{ "uott-listen::1,cafile=a", true },
		{ "dtls-listen::1,psk=aa", false },
		{ "tcp-listen:127.0.0.1:1", false },
		{ "tcp-listen:127.9.9.9:1", false },
		{ "tcp-listen:[::1]:1", false },
		{ "tcp-listen:localhost:1", false },
		{ "udp-listen:[::ffff:127.0.0.1]:1", false },
		{ "tcp-listen:[::]:1", true },
		{ "tun:left", false },
	};
	struct fault f;
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		is_int(judge(ends[i].left, "tun:t", true, false, &f) != 0,
		    ends[i].open, "%s %s a device", ends[i].left,
		    ends[i].open ? "may not open" : "may be before");
		if (ends[i].open) {
			is_int(f.kind, FAULT_USER, "by the user's fault");
			is_str(f.setting, "right", "at that end");
			ok(strstr(f.text, "insecure") != NULL, "%s", f.text);
		}
		is_int(judge(ends[i].left, "tun:t", true, true, &f), 0,
		    "insecure allows all");
		is_int(judge(ends[i].left, "tun:t", false, false, &f), 0,
		    "and an old tool may");
	}
	is_int(judge("tcp-listen::1", "udp:127.0.0.1:2", true, false, &f), 0,
	    "what is no device is not refused");
}

static void
test_carriers_in_the_clear(void)
{
	static const struct {
		const char *left, *right;
		bool clear;
	} pairs[] = {
		{ "udp-listen:127.0.0.1:1", "tcp:a.example.com:2", true },
		{ "udp-listen:0.0.0.0:1", "tcp:127.0.0.1:2", false },
		{ "udp-listen:127.0.0.1:1", "tls:a.example.com:2", false },
		{ "udp-listen:127.0.0.1:1", "dtls:a:2,psk=aa", false },
		{ "udp-listen:127.0.0.1:1", "uott:a:2", true },
		{ "udp-listen:127.0.0.1:1", "uott:a:2,tls", false },
		{ "udp-listen:0.0.0.0:1", "udp:a.example.com:2", false },
		{ "tcp-listen::1", "udp:127.0.0.1:2", true },
		{ "tls-listen::1,cert=c", "udp:127.0.0.1:2", false },
		{ "tun:t", "udp:a.example.com:2", true },
		{ "tun:t", "ip-udp:a.example.com:2", true },
		{ "tun:t", "udp:[::1]:2", false },
		{ "tun:t", "dtls:a:2,psk=aa", false },
		{ "tun:t", "tun:u", false },
	};
	struct fault f;
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		(void)judge(pairs[i].left, pairs[i].right, true, false, &f);
		is_int(warned, pairs[i].clear, "%s to %s is %s",
		    pairs[i].left, pairs[i].right, pairs[i].clear ?
		    "warned of" : "not warned of");
		if (pairs[i].clear)
			ok(strstr(last, "is not encrypted") != NULL, "%s",
			    last);
	}
	(void)judge("tun:t", "udp:a:2", true, true, &f);
	is_int(warned, 0, "insecure warns of nothing");
}

int
main(void)
{
	log_set_level(LEVEL_INFO);
	log_set_sink(note_line);
	test_open_devices();
	test_carriers_in_the_clear();
	return done_testing();
}
