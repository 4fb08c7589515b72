/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels that change while they run: flows go on, and nothing is lost that is
 * under way; renewed certificates are noticed when clients connect.
 *
 * A build without TLS leaves this out.
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "tunnel/credentials.h"
#include "tunnel/plan_compare.h"
#include "tunnel/renew.h"
#include "../unit/tap.h"

#define CERT "test_renew.pem"
#define KEY "test_renew.key"
#define KEYS "test_renew.keys"

enum { APPS = 9 };

static struct app app[APPS];

/* Writes a file in place. */
static void
write_text(const char *path, const char *text, size_t len)
{
	FILE *f = fopen_private(path);

	must(f != NULL && fwrite(text, 1, len, f) == len);
	must(fclose(f) == 0);
}

/* Puts a file of the data in the place of one of ours. */
static void
copy(const char *stem, const char *to)
{
	char path[600];
	const char *why;
	size_t len;
	char *text;

	snprintf(path, sizeof(path), "%s/tls/%s", sim_data(), stem);
	text = file_read(path, 100000, &len, &why);
	must(text != NULL);
	remove(to);
	write_text(to, text, len);
	free(text);
}

static struct plan former[40];	/* plans that were in use, or refused */
static unsigned formers;

static void
forget_formers(void)
{
	while (formers > 0)
		plan_free(&former[--formers]);
}

/* Changes an option of the tunnel and a key of an end (NULL: none) while it
 * runs, and has it read its files again.  0, or -1. */
static int
renew(struct proc *p, enum side side, const char *key, const char *value)
{
	struct sim_host *was = sim_here();
	struct plan_end *e;
	struct plan to;
	struct fault f;
	char spec[700];
	int i, result;

	plan_init(&to);
	for (i = LEFT; i <= RIGHT; i++) {
		e = &p->plan.end[i];
		snprintf(spec, sizeof(spec), "%s:%s", e->kind->name,
		    e->address);
		must(plan_read_spec(&to, (enum side)i, spec, &f) == 0);
		to.end[i].settings = e->settings;
	}
	to.tunnel = p->plan.tunnel;
	must(key == NULL || plan_set(&to, side, key, value, &f) == 0);
	must(plan_finish(&to, &f) == 0);
	must(plan_judge(&p->plan, &to) ==
	    (key == NULL ? PLAN_SAME : PLAN_LIVE));
	sim_as(p->host);
	result = renew_prepare(p->tunnel, &to, &f);
	if (result == 0) {
		plan_exchange(&p->plan, &to);
		renew_commit(p->tunnel);
	}
	sim_as(was);
	/* The settings point to texts of the first plan, whichever it is. */
	must(formers < sizeof(former) / sizeof(former[0]));
	former[formers++] = to;
	return result;
}

/* Sends one datagram of each application, and changes both processes while
 * they are under way. */
static void
change_under_way(struct world *w, const char *what, const char *key,
    const char *value)
{
	unsigned i, come = 0;

	for (i = 0; i < APPS; i++)
		app_send(&app[i], 500);
	sim_run_ms(5);
	is_int(renew(&w->left, RIGHT, key, value), 0, "%s: the client changes",
	    what);
	is_int(renew(&w->right, LEFT, key, value), 0, "%s: the server changes",
	    what);
	sim_run_ms(500);
	for (i = 0; i < APPS; i++)
		come += app[i].received;
	is_int(come, (long)app[0].sent * APPS, "%s: nothing is lost", what);
	is_int(proc_flows(&w->left), APPS, "%s: no flow ends", what);
	is_int(proc_flows(&w->right), APPS, "%s: nor at the server", what);
}

/* Opens all applications, whose flows are up then. */
static void
open_all(struct world *w)
{
	unsigned i;

	for (i = 0; i < APPS; i++) {
		app_open(&app[i], w, i + 1);
		app_send(&app[i], 100);
		(void)app_wait(&app[i], 1, 3000);
	}
}

static void
close_all(struct world *w)
{
	unsigned i;

	for (i = 0; i < APPS; i++)
		app_close(&app[i]);
	is_int(proc_lost(&w->left) + proc_lost(&w->right), 0, "no losses");
	is_int(world_end(w), 0, "nothing stays open");
	forget_formers();
}

/* A world whose server has a certificate that a test may renew. */
static void
begin_tls(struct world *w, uint64_t seed, const char *client_keys)
{
	copy("p256.pem", CERT);
	copy("p256.key", KEY);
	world_begin(w, seed);
	world_pool(w, "tls", client_keys, "");
	proc_stop(&w->right);
	proc_forget(&w->right);
	proc_set(&w->right, w->server, "tls-listen:0.0.0.0:8443,cert=" CERT
	    ",key=" KEY, "udp:10.0.2.1:7");
	must(proc_start(&w->right) == 0);
}

static void
test_tls(void)
{
	struct world w;

	begin_tls(&w, 3, ",pool=2");
	open_all(&w);
	change_under_way(&w, "as before", NULL, NULL);
	copy("p384.pem", CERT);
	copy("p384.key", KEY);
	logged_reset();
	change_under_way(&w, "renewed", NULL, NULL);
	is_int(logged_text("new connections use the certificate"), 1,
	    "it says so");
	copy("p256.key", KEY);
	is_int(renew(&w.right, LEFT, NULL, NULL), -1, "a key that does not fit "
	    "is refused");
	app_send(&app[0], 100);
	app[0].sent--;
	ok(app_wait(&app[0], app[0].received + 1, 1000), "and nothing changes");
	app[0].received--;
	copy("p384.key", KEY);
	change_under_way(&w, "right again", NULL, NULL);
	close_all(&w);
}

static void
test_dtls(void)
{
	static const char one[] = "ann:" WORLD_PSK "\n";
	static const char two[] = "ann:" WORLD_PSK "\nbob:00112233445566778899"
	    "aabbccddee02\n";
	struct world w;
	unsigned flows;

	write_text(KEYS, one, sizeof(one) - 1);
	world_begin(&w, 4);
	world_dtls_set(&w, ",psk-file=" KEYS ",identity=ann",
	    ",psk-file=" KEYS);
	w.left.psk[RIGHT] = w.right.psk[LEFT] = NULL;
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	open_all(&w);
	change_under_way(&w, "as before", NULL, NULL);
	write_text(KEYS, two, sizeof(two) - 1);
	change_under_way(&w, "one more key", NULL, NULL);
	change_under_way(&w, "fewer groups", "groups", "P-256");
	change_under_way(&w, "less time", "timeout", "3");
	write_text(KEYS, two + sizeof(one) - 1, sizeof(two) - sizeof(one));
	is_int(renew(&w.right, LEFT, NULL, NULL), 0, "a name goes");
	flows = proc_flows(&w.right);
	is_int(flows, 0, "and its flows at once");
	is_int(renew(&w.left, RIGHT, NULL, NULL), -1, "a client without key is "
	    "refused");
	sim_run_s(1);
	is_int(proc_flows(&w.left), 0, "clients are told");
	world_end(&w);
	forget_formers();
	remove(KEYS);
}

/* A new flow has its connections, and its echo. */
static void
connect_anew(struct world *w, unsigned i)
{
	app_open(&app[i], w, i + 1);
	app_send(&app[i], 100);
	ok(app_wait(&app[i], 1, 3000), "a flow is up");
}

static void
test_noticed(void)
{
	struct world w;
	unsigned i;

	begin_tls(&w, 5, ",pool=1");
	connect_anew(&w, 0);
	logged_reset();
	copy("p384.pem", CERT);
	sim_run_s(5);
	connect_anew(&w, 1);
	is_int(logged_text("are not used"), 0, "files are not looked at again "
	    "within 10 s");
	for (i = 2; i < 5; i++) {
		sim_run_s(11);
		connect_anew(&w, i);
	}
	is_int(logged_text("are not used: " KEY ": this key does not belong"),
	    1, "a certificate whose key is not there yet is told once");
	is_int(logged_text("was renewed"), 0, "and not used");
	copy("p384.key", KEY);
	sim_run_s(11);
	is_int(logged_text("was renewed"), 0, "nobody looks by a timer");
	connect_anew(&w, 5);
	is_int(logged_text("was renewed"), 1, "when both fit it is used");
	remove(KEY);
	sim_run_s(11);
	connect_anew(&w, 6);
	is_int(logged_text("was renewed"), 1, "files that are gone change "
	    "nothing");
	for (i = 0; i < 7; i++) {
		app_send(&app[i], 100);
		ok(app_wait(&app[i], app[i].received + 1, 1000),
		    "all flows go on");
		app_close(&app[i]);
	}
	is_int(proc_flows(&w.right), 7, "none has ended");
	is_int(world_end(&w), 0, "nothing stays open");
	forget_formers();
	remove(CERT);
}

int
main(void)
{
	test_tls();
	test_dtls();
	test_noticed();
	return done_testing();
}
