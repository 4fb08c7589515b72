/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Trust anchors of the system: with a store of this file in place of its own.
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/trust_store.h"
#include "tunnel/settings.h"
#include "tunnel/trust.h"

#include "tap.h"
#include "tls_data.h"

static const char *stored;	/* files of the store; NULL: there is none */
static unsigned looks;		/* how often it was looked for */

/* The system's store. */
int
trust_store_find(struct trust_store *store)
{
	memset(store, 0, sizeof(*store));
	store->name = "the store of a test";
	store->refused = 2;
	looks++;
	if (stored == NULL)
		return -1;
	store->text = data_read(stored, &store->len);
	return 0;
}

static struct random rng;
static struct tunnel tunnel;
static struct end end;
static struct settings settings;
static struct fault f;

static struct trust *
load(bool server, struct trust *was)
{
	memset(&f, 0, sizeof(f));
	return trust_load(&end, &settings, server, was, &f);
}

static void
test_none(void)
{
	stored = NULL;
	ok(load(false, NULL) == NULL, "without any trusted CA a client does "
	    "not start");
	ok(f.kind == FAULT_USER, "which is the user's fault");
	is_str(f.setting, "cafile", "of cafile");
	ok(strstr(f.text, "no trusted certificates found in the store of a "
	    "test") != NULL && strstr(f.text, "cafile") != NULL,
	    "and says what to do: %s", f.text);
	ok(!trust_have_store(), "the system has none");
}

static void
test_store(void)
{
	struct trust *t, *same, *other;

	stored = "ca.pem";
	ok(trust_have_store(), "the system has some");
	t = load(false, NULL);
	ok(t != NULL && t->anchors->num == 1, "they are loaded");
	is_str(t->store, "the store of a test", "and have a name");
	same = load(false, t);
	ok(same == t, "an equal store is shared");
	trust_release(same);
	stored = "ca2.pem";
	other = load(false, t);
	ok(other != NULL && other != t, "a store that has changed is not");
	trust_release(other);
	stored = "ed25519.pem";
	ok(load(false, t) == NULL, "one with unusable keys only is a fault");
	ok(strstr(f.text, "the store of a test") != NULL,
	    "which names the store: %s", f.text);
	trust_release(t);
}

static void
test_not_asked(void)
{
	struct trust *t;

	stored = "ca.pem";
	looks = 0;
	t = load(true, NULL);
	ok(t != NULL && t->anchors == NULL, "a server without cafile trusts "
	    "nobody");
	ok(t->store == NULL, "and has no store");
	trust_release(t);
	settings.cafile = "/nowhere/ca.pem";
	ok(load(false, NULL) == NULL, "a file that is not there is a fault");
	settings.cafile = NULL;
	is_int(looks, 0, "the store is not asked instead");
}

int
main(void)
{
	unsetenv("SSL_CERT_FILE");
	random_init_fixed(&rng, "trust", 5);
	tunnel.random = &rng;
	end.tunnel = &tunnel;
	snprintf(end.name, sizeof(end.name), "tls:a.example:443");
	test_none();
	test_store();
	test_not_asked();
	return done_testing();
}
