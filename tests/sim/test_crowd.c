/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A crowd of connections from one host: how long a new client on a long path
 * waits for its first answer beside it.
 *
 * NOTES.  net/stream.c is compiled into this test, so that each handshake costs
 * the simulated server its time.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "sim.h"
#include "wire/tls.h"

static struct sim_host *slow;	/* where handshakes take time, */
static uint64_t work_us;	/* so much each */
static unsigned worked;		/* how many there were */

static void
working_record_in_done(struct tls *t, size_t n)
{
	bool had = (tls_state(t) & TLS_HAVE_RECORD) != 0;

	tls_record_in_done(t, n);
	if (!had && tls_state(t) & TLS_HAVE_RECORD &&
	    !(tls_state(t) & TLS_UP) && sim_here() == slow) {
		sim_work_us(work_us);
		worked++;
	}
}

#define tls_record_in_done working_record_in_done
#include "net/stream.c"
#undef tls_record_in_done

#include "strangers.h"

enum {
	KEPT = 8192,		/* connections of the crowd at most */
	BEFORE_MS = 600,	/* the crowd is there so long before */
	ROUNDS = 2,		/* clients one after the other */
};

/* What a crowd does. */
struct crowd {
	unsigned per_s;		/* new connections */
	bool hellos;		/* each says a hello, or nothing */
	unsigned n;		/* so far */
	uint64_t began_us;
	fd_t fd[KEPT];
};

static struct crowd crowd;

/* A client's hello: ECDHE-ECDSA and ECDHE-RSA, P-256. */
static const uint8_t hello[] = {
	0x16, 0x03, 0x01, 0x00, 0x4f, 0x01, 0x00, 0x00, 0x4b, 0x03, 0x03,
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	0x00, 0x00, 0x04, 0xc0, 0x2b, 0xc0, 0x2f, 0x01, 0x00,
	0x00, 0x1e,
	0x00, 0x0a, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17,
	0x00, 0x0b, 0x00, 0x02, 0x01, 0x00,
	0x00, 0x0d, 0x00, 0x0c, 0x00, 0x0a, 0x04, 0x03, 0x05, 0x03, 0x06, 0x03,
	0x04, 0x01, 0x05, 0x01
};

/* Lets time pass, with as many strangers as are due. */
static void
crowd_run_ms(unsigned ms)
{
	unsigned due, first;
	fd_t *at;

	for (; ms > 0; ms--) {
		first = crowd.n;
		due = (unsigned)((sim_now_us() - crowd.began_us) *
		    crowd.per_s / SIM_S);
		while (crowd.n < due) {
			at = &crowd.fd[crowd.n % KEPT];
			if (crowd.n >= KEPT)
				sock_close(*at);
			*at = stranger();
			crowd.n++;
		}
		sim_run_us(SIM_MS / 2);
		for (; crowd.hellos && first < crowd.n; first++)
			(void)sock_send(crowd.fd[first % KEPT], hello,
			    sizeof(hello));
		sim_run_us(SIM_MS / 2);
	}
}

/* How long the slowest of some new clients waits for its first answer, beside
 * a crowd; microseconds. */
static uint64_t
first_answer_us(const char *kind, const char *server_keys, uint64_t way_ms,
    unsigned per_s, bool hellos)
{
	uint64_t worst_us = 0;
	struct world w;
	unsigned i;

	world_begin(&w, way_ms + per_s);
	world_pool(&w, kind, "", server_keys);
	begin_strangers(&w);
	slow = w.server;
	sim_link_both(w.client, w.server, way_ms * SIM_MS, 0);
	sim_link_both(evil, w.server, 100, 0);
	evil->max_fds = 2 * KEPT;
	memset(&crowd, 0, sizeof(crowd));
	crowd.per_s = per_s;
	crowd.hellos = hellos;
	crowd.began_us = sim_now_us();
	worked = 0;
	crowd_run_ms(BEFORE_MS);
	for (i = 0; i < (per_s > 0 ? ROUNDS : 1); i++) {
		proc_stop(&w.left);
		proc_start(&w.left);
		app_close(&app);
		app_open(&app, &w, i + 1);
		app_send(&app, 100);
		while (app.received == 0 &&
		    sim_now_us() < crowd.began_us + 20 * SIM_S)
			crowd_run_ms(1);
		if (app.rtt_us > worst_us)
			worst_us = app.rtt_us;
		if (app.received == 0)
			worst_us = UINT32_MAX;
	}
	ok(worked >= (hellos ? crowd.n / 3 : 0), "%s: the server answers a "
	    "crowd's hellos (%u of %u)", kind, worked, crowd.n);
	close_all(crowd.fd, crowd.n < KEPT ? crowd.n : KEPT);
	ok(logged(LEVEL_WARN) < 80, "%s: few lines (%u)", kind,
	    logged(LEVEL_WARN));
	end(&w, kind);
	return worst_us;
}

/* Compares the wait beside a crowd with that without. */
static void
compare(const char *kind, const char *server_keys, uint64_t way_ms,
    unsigned per_s, bool hellos)
{
	uint64_t alone_us = first_answer_us(kind, server_keys, way_ms, 0,
	    false);
	uint64_t us = first_answer_us(kind, server_keys, way_ms, per_s,
	    hellos);

	ok(us <= alone_us + alone_us / 2, "%s%s: %u ms each way, first answer "
	    "after %u ms alone, %u ms beside %u %s connections a second", kind,
	    server_keys[0] == '\0' ? "" : " with client certificates",
	    (unsigned)way_ms, (unsigned)(alone_us / SIM_MS),
	    (unsigned)(us / SIM_MS), per_s, hellos ? "greeting" : "empty");
}

int
main(void)
{
	unsigned way_ms;

	work_us = 700;
	for (way_ms = 50; way_ms <= 150; way_ms += 100) {
		compare("tcp", "", way_ms, 2000, false);
		compare("tls", "", way_ms, 2000, false);
		compare("tls", "", way_ms, 900, true);
	}
	return done_testing();
}
