/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "world.h"

#include "base/bytes.h"
#include "base/fault.h"
#include "tunnel/ends.h"

enum { LINES = 512, LINE = 200 };

static char lines[LINES][LINE];
static unsigned n_lines, n_level[LEVEL_TRACE + 1];

/*
 * The log
 */

static void
note_line(enum log_level level, const char *line)
{
	if (n_lines < LINES)
		strlcpy(lines[n_lines++], line, LINE);
	n_level[level]++;
	if (getenv("SIM_LOG") != NULL)
		printf("# %10.3f %s: %s\n", (double)sim_now_us() / 1e6,
		    sim_here() == NULL ? "-" : sim_here()->name, line);
}

unsigned
logged(enum log_level level)
{
	return n_level[level];
}

unsigned
logged_text(const char *part)
{
	unsigned i, n = 0;

	for (i = 0; i < n_lines; i++)
		n += strstr(lines[i], part) != NULL;
	return n;
}

void
logged_reset(void)
{
	n_lines = 0;
	memset(n_level, 0, sizeof(n_level));
}

/*
 * Processes
 */

void
proc_set(struct proc *p, struct sim_host *h, const char *left,
    const char *right)
{
	struct fault fault;

	memset(p, 0, sizeof(*p));
	p->host = h;
	plan_init(&p->plan);
	/* A simulation says so itself if silence is to end no flow. */
	opt_presets(settings_tunnel, &p->plan.tunnel);
	if (plan_read_spec(&p->plan, LEFT, left, &fault) != 0 ||
	    plan_read_spec(&p->plan, RIGHT, right, &fault) != 0)
		die_usage("%s", fault.text);
}

void
proc_option(struct proc *p, const char *name, const char *value)
{
	struct fault fault;

	if (plan_set_tunnel(&p->plan, name, value, &fault) != 0)
		die_usage("%s", fault.text);
}

int
proc_start(struct proc *p)
{
	struct sim_host *was = sim_here();
	uint64_t seed = sim_random(UINT64_MAX);
	int result, i;

	sim_as(p->host);
	for (i = LEFT; i <= RIGHT; i++)
		if (p->psk[i] != NULL)
			p->plan.end[i].settings.psk = p->psk[i];
	if (plan_finish(&p->plan, &p->fault) != 0 ||
	    plan_check(&p->plan, &p->fault) != 0) {
		sim_as(was);
		return -1;
	}
	p->sim = sim_loop_new(p->host);
	p->resolver = resolver_new(NULL, &p->fault);
	(void)resolver_attach(p->resolver, p->sim->loop, &p->fault);
	random_init_fixed(&p->random, &seed, sizeof(seed));
	p->tunnel = tunnel_new(p->sim->loop, p->resolver, &p->random,
	    &p->plan);
	result = tunnel_start(p->tunnel, &p->fault);
	if (result != 0) {
		log_error("%s", p->fault.text);
		proc_stop(p);
	}
	sim_as(was);
	return result;
}

void
proc_stop(struct proc *p)
{
	struct sim_host *was = sim_here();

	if (p->sim == NULL)
		return;
	sim_as(p->host);
	tunnel_free(p->tunnel);
	resolver_free(p->resolver);
	sim_loop_free(p->sim);
	p->sim = NULL;
	p->tunnel = NULL;
	sim_as(was);
}

void
proc_restart(struct proc *p, const char *name, const char *value)
{
	proc_stop(p);
	proc_option(p, name, value);
	must(proc_start(p) == 0);
}

void
proc_forget(struct proc *p)
{
	proc_stop(p);
	plan_free(&p->plan);
}

unsigned
proc_flows(const struct proc *p)
{
	return p->tunnel == NULL ? 0 : p->tunnel->n_flows;
}

uint64_t
proc_lost(const struct proc *p)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < LOST_CAUSES; i++)
		sum += p->tunnel->lost[i];
	return sum;
}

struct flow *
proc_flow(const struct proc *p)
{
	if (p->tunnel == NULL || list_empty(&p->tunnel->flows))
		return NULL;
	return LIST_ITEM(p->tunnel->flows.next, struct flow, link);
}

bool
proc_has_no_flow(void *proc)
{
	return proc_flows(proc) == 0;
}

uint64_t
proc_until_end_ms(struct proc *p)
{
	uint64_t from_us = sim_now_us();

	(void)sim_run_until(proc_has_no_flow, p, 1000 * SIM_S);
	return (sim_now_us() - from_us) / SIM_MS;
}

/*
 * Payloads
 */

/* Fills in what the datagram of that number holds, after its head. */
static void
fill(uint8_t *p, size_t len, uint32_t id, uint32_t number)
{
	uint32_t x = id * 2654435761u ^ number * 40503u ^ (uint32_t)len;
	uint8_t *end = p + len / 4 * 4;

	for (; p < end; p += 4) {
		x = x * 1664525u + 1013904223u;
		p[0] = (uint8_t)x;
		p[1] = (uint8_t)(x >> 8);
		p[2] = (uint8_t)(x >> 16);
		p[3] = (uint8_t)(x >> 24);
	}
	x = x * 1664525u + 1013904223u;
	for (end += len % 4; p < end; x >>= 8)
		*p++ = (uint8_t)x;
}

/* Writes a number of n bytes. */
static void
put(uint8_t *p, uint64_t v, unsigned n)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

/* Reads one. */
static uint64_t
get(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* Is the datagram what its head says? */
static bool
is_whole(const uint8_t *data, size_t len)
{
	static uint8_t want[65536];

	fill(want, len - APP_HEAD, (uint32_t)get(data, 4),
	    (uint32_t)get(data + 4, 4));
	return memcmp(want, data + APP_HEAD, len - APP_HEAD) == 0;
}

/*
 * Applications
 */

/* A datagram came back to an application. */
static void
app_receive(void *arg, fd_t fd, const uint8_t *data, size_t len,
    const struct addr *from)
{
	struct app *a = arg;
	uint32_t number, at;

	(void)fd;
	a->received++;
	a->last_us = sim_now_us();
	a->bad += !addr_same(from, &a->to);
	if (len < APP_HEAD)
		return;
	number = (uint32_t)get(data + 4, 4);
	at = number % APP_SENT;
	if (get(data, 4) != a->id || number >= a->sent ||
	    (a->log[at].number == number && a->log[at].len != len) ||
	    !is_whole(data, len)) {
		a->bad++;
		return;
	}
	a->newest = number;
	a->rtt_us = sim_now_us() - get(data + 8, 8);
	if (a->rtt_us > a->worst_us)
		a->worst_us = a->rtt_us;
	if (a->log[at].number == number) {
		a->twice += a->log[at].back;
		a->log[at].back = true;
	}
}

void
app_open(struct app *a, struct world *w, uint32_t id)
{
	memset(a, 0, sizeof(*a));
	a->id = id;
	a->to.family = 4;
	memcpy(a->to.ip, w->client->addr[0].ip, sizeof(a->to.ip));
	a->to.port = 8911;
	a->fd = sim_udp_open(w->app, 0, app_receive, a);
}

void
app_close(struct app *a)
{
	sock_close(a->fd);
	a->fd = FD_NONE;
}

void
app_send(struct app *a, size_t len)
{
	static uint8_t data[65536];
	uint32_t at = a->sent % APP_SENT;

	a->log[at].at_us = sim_now_us();
	a->log[at].number = a->sent;
	a->log[at].len = (uint32_t)len;
	a->log[at].back = false;
	if (len < APP_HEAD) {
		memset(data, 0, len);
	} else {
		put(data, a->id, 4);
		put(data + 4, a->sent, 4);
		put(data + 8, sim_now_us(), 8);
		fill(data + APP_HEAD, len - APP_HEAD, a->id, a->sent);
	}
	a->sent++;
	sim_udp_send(a->fd, &a->to, data, len);
}

/* What app_wait() waits for. */
struct wait {
	const struct app *app;
	uint32_t n;
};

static bool
app_has(void *arg)
{
	const struct wait *w = arg;

	return w->app->received >= w->n;
}

bool
app_wait(struct app *a, uint32_t n, uint64_t max_ms)
{
	struct wait w;

	w.app = a;
	w.n = n;
	return sim_run_until(app_has, &w, max_ms * SIM_MS);
}

unsigned
app_until_answered_ms(struct app *a)
{
	uint64_t from_us = sim_now_us();
	uint32_t received = a->received;

	while (a->received == received &&
	    sim_now_us() - from_us < 60 * SIM_S) {
		app_send(a, 100);
		sim_run_ms(100);
	}
	return (unsigned)((sim_now_us() - from_us) / SIM_MS);
}

/* Looks whether the first application's datagrams come in order. */
static void
target_order(struct target *t, uint32_t number)
{
	if (number >= APP_SENT)
		return;
	t->twice += t->came[number];
	t->late += !t->came[number] && number < t->newest;
	t->came[number] = true;
	if (number >= t->newest)
		t->newest = number + 1;
}

/* A datagram came to the target. */
static void
target_receive(void *arg, fd_t fd, const uint8_t *data, size_t len,
    const struct addr *from)
{
	struct target *t = arg;
	uint64_t age_us;

	t->received++;
	t->ports += from->port != t->port;
	t->port = from->port;
	t->len = len;
	if (len >= APP_HEAD) {
		t->bad += !is_whole(data, len);
		age_us = sim_now_us() - get(data + 8, 8);
		if (age_us > t->oldest_us) {
			t->oldest_us = age_us;
			t->late_us = sim_now_us();
		}
		if (get(data, 4) == 1)
			target_order(t, (uint32_t)get(data + 4, 4));
	}
	if (!t->silent)
		sim_udp_send(fd, from, data, len);
}

/*
 * The world
 */

void
world_begin(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	sim_begin(seed);
	logged_reset();
	log_set_sink(note_line);
	log_set_level(LEVEL_INFO);
	w->app = sim_host_add("app", "10.0.3.1");
	w->client = sim_host_add("client", "10.0.3.2");
	w->server = sim_host_add("server", "10.0.0.1");
	w->target = sim_host_add("target", "10.0.2.1");
	sim_link_both(w->app, w->client, 100, 0);
	sim_link_both(w->client, w->server, 10 * SIM_MS, 0);
	sim_link_both(w->server, w->target, 100, 0);
	w->echo.fd = sim_udp_open(w->target, 7, target_receive, &w->echo);
}

unsigned
world_end(struct world *w)
{
	unsigned left;

	proc_forget(&w->left);
	proc_forget(&w->right);
	sock_close(w->echo.fd);
	left = sim_end();
	log_set_sink(NULL);
	return left;
}

const char *
world_server_keys(void)
{
	static char keys[1200];

	snprintf(keys, sizeof(keys), ",cert=%s/tls/p256.pem,"
	    "key=%s/tls/p256.key", sim_data(), sim_data());
	return keys;
}

const char *
world_client_keys(void)
{
	static char keys[1200];

	snprintf(keys, sizeof(keys), ",cert=%s/tls/client.pem,"
	    "key=%s/tls/client.key", sim_data(), sim_data());
	return keys;
}

const char *
world_trust(void)
{
	static char keys[600];

	snprintf(keys, sizeof(keys), ",cafile=%s/tls/ca.pem", sim_data());
	return keys;
}

void
world_pool(struct world *w, const char *kind, const char *client_keys,
    const char *server_keys)
{
	bool tls = strcmp(kind, "tls") == 0;
	char client[1500], server[1500];

	snprintf(client, sizeof(client), "%s:10.0.0.1:8443%s%s", kind,
	    tls ? world_trust() : "", client_keys);
	snprintf(server, sizeof(server), "%s-listen:0.0.0.0:8443%s%s", kind,
	    tls ? world_server_keys() : "", server_keys);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911", client);
	proc_set(&w->right, w->server, server, "udp:10.0.2.1:7");
	proc_option(&w->right, "idle", "0");
	if (proc_start(&w->right) != 0 || proc_start(&w->left) != 0) {
		printf("Bail out! the tunnels do not start\n");
		exit(1);
	}
}

void
world_uott(struct world *w, bool tls, const char *client_keys,
    const char *server_keys)
{
	char client[1500], server[1500];

	snprintf(client, sizeof(client), "%s%s%s", tls ? ",tls" : "",
	    tls ? world_trust() : "", client_keys);
	snprintf(server, sizeof(server), "%s%s%s", tls ? ",tls" : "",
	    tls ? world_server_keys() : "", server_keys);
	world_pool(w, "uott", client, server);
}

void
world_dtls_set(struct world *w, const char *client_keys,
    const char *server_keys)
{
	char client[300], server[300];

	snprintf(client, sizeof(client), "dtls:10.0.0.1:%d%s",
	    WORLD_DTLS_PORT, client_keys);
	snprintf(server, sizeof(server), "dtls-listen:0.0.0.0:%d%s",
	    WORLD_DTLS_PORT, server_keys);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911", client);
	proc_set(&w->right, w->server, server, "udp:10.0.2.1:7");
	w->left.psk[RIGHT] = w->right.psk[LEFT] = WORLD_PSK;
}

void
world_dtls(struct world *w, const char *client_keys, const char *server_keys)
{
	world_dtls_set(w, client_keys, server_keys);
	if (proc_start(&w->right) != 0 || proc_start(&w->left) != 0) {
		printf("Bail out! the tunnels do not start\n");
		exit(1);
	}
}

struct addr
world_dtls_server(struct world *w, const char *server_keys)
{
	struct addr at;

	world_begin(w, 1);
	world_dtls_set(w, "", server_keys);
	must(proc_start(&w->right) == 0);
	at = w->server->addr[0];
	at.port = WORLD_DTLS_PORT;
	return at;
}
