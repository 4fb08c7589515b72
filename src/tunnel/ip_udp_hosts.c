/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptun's map of hosts.
 *
 * NOTES.  A new map counts at once, with the addresses that hosts of the same
 * name had in the old one; names that are new to it are known when they have
 * been looked up.  Some look-ups run at the same time.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ip_udp_hosts.h"

#include "base/alloc.h"
#include "base/file.h"
#include "net/fetch.h"
#include "tunnel/credentials.h"
#include "wire/hostmap.h"

enum {
	HOSTS_PORT = 7777,	/* of those without one */
	HOSTS_LOOK_MS = 1000,	/* between two looks at a file */
	HOSTS_NEW_S = 2,	/* a file that was changed so lately may have
				 * changed again, unseen */
	HOSTS_NAMES_MS = 30000,	/* least between two look-ups of a name */
	HOSTS_LOOKUP_MS = 10000,
	HOSTS_LOOKUPS = 8,	/* at the same time */
	HOSTS_PAUSE_MS = 1000,	/* after the first failure to fetch the first
				 * map; doubles */
	HOSTS_PAUSE_MAX_MS = 60000,
};

/* A map in use. */
struct hosts_map {
	struct hostmap peers;
	struct hostmap_node *node;	/* its nodes */
	char *names;		/* theirs */
	struct addr *addr;	/* of each node; family 0: not known */
	size_t n;		/* nodes */
};

/* A look-up of a node's name. */
struct hosts_lookup {
	struct lookup lookup;
	struct ip_udp_hosts *hosts;
	size_t node;		/* of the map, whose name it is */
};

struct ip_udp_hosts {
	struct end *end;
	struct hosts_map map;
	bool known;		/* there is one */
	ip_udp_hosts_ready_fn *ready;
	bool ip4, ip6;		/* there is a socket of that family */
	uint8_t seed[TABLE_SEED];
	uint64_t text_hash;	/* of what the map was read from */

	char *file;		/* NULL: none */
	struct file_stamp stamp;	/* when it was read */
	uint64_t looked_ms;	/* when it was looked at */
	bool stale;		/* what was there last was no good, which was
				 * said */
	bool gone;		/* nothing was there, likewise */
	struct hosts_map next_map;	/* read for a reload, */
	uint64_t next_hash;	/* from this text; 0: there is none */

	struct fetch fetch;	/* for a URL */
	struct credentials *credentials;	/* or NULL */
	struct credentials *fresh;	/* loaded for a reload, or NULL */
	struct timer again;	/* fetches */
	uint64_t interval_ms;	/* between two of them; and of the names */
	uint64_t pause_ms;	/* while there is no map */

	struct hosts_lookup lookup[HOSTS_LOOKUPS];
	size_t next;		/* node whose name is to be looked up next */
	uint64_t names_ms;	/* when they were looked up last */
	struct log_limit name_limit;
};

static struct loop *
hosts_loop(const struct ip_udp_hosts *h)
{
	return h->end->tunnel->loop;
}

/*
 * Addresses
 */

/* Can packets go to such an address? */
static bool
hosts_can_reach(const struct ip_udp_hosts *h, const struct addr *a)
{
	return a->family == 4 ? h->ip4 : h->ip6;
}

static void hosts_look_up_more(struct ip_udp_hosts *);

/* A name was looked up. */
static void
hosts_looked_up(struct lookup *lookup, const struct addr *addr, unsigned n,
    const char *why)
{
	struct hosts_lookup *l = LIST_ITEM(lookup, struct hosts_lookup,
	    lookup);
	struct ip_udp_hosts *h = l->hosts;
	struct addr *known = &h->map.addr[l->node];
	const struct addr *found = NULL;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (addr_same(&addr[i], known)) {
			found = &addr[i];
			break;
		}
		if (found == NULL && hosts_can_reach(h, &addr[i]))
			found = &addr[i];
	}
	if (found == NULL)
		log_limited(&h->name_limit, loop_now(hosts_loop(h)),
		    LEVEL_WARN, "%s: \"%s\": %s", h->end->name,
		    h->map.node[l->node].host, n == 0 ? why : "it has no "
		    "address of the kind that `local` has");
	else
		*known = *found;
	hosts_look_up_more(h);
}

/* Looks up the next names, as far as they are names. */
static void
hosts_look_up_more(struct ip_udp_hosts *h)
{
	const struct hostmap_node *node;
	struct addr literal;
	unsigned i = 0;

	for (; h->next < h->map.n; h->next++) {
		node = &h->map.node[h->next];
		if (addr_of_literal(&literal, node->host, node->port) == 0) {
			if (hosts_can_reach(h, &literal))
				h->map.addr[h->next] = literal;
			continue;
		}
		while (i < HOSTS_LOOKUPS &&
		    h->lookup[i].lookup.resolver != NULL)
			i++;
		if (i == HOSTS_LOOKUPS)
			return;
		h->lookup[i].hosts = h;
		h->lookup[i].node = h->next;
		resolve_start(h->end->tunnel->resolver, &h->lookup[i].lookup,
		    node->host, node->port, LOOKUP_CONNECT, HOSTS_LOOKUP_MS,
		    hosts_looked_up);
	}
}

/* Forgets all look-ups. */
static void
hosts_cancel(struct ip_udp_hosts *h)
{
	unsigned i;

	for (i = 0; i < HOSTS_LOOKUPS; i++)
		resolve_cancel(&h->lookup[i].lookup);
}

/* Is any name being looked up? */
static bool
hosts_asks(const struct ip_udp_hosts *h)
{
	unsigned i;

	for (i = 0; i < HOSTS_LOOKUPS; i++)
		if (h->lookup[i].lookup.resolver != NULL)
			return true;
	return false;
}

/* Looks all names up, from the first on. */
static void
hosts_look_up(struct ip_udp_hosts *h)
{
	hosts_cancel(h);
	h->next = 0;
	h->names_ms = loop_now(hosts_loop(h));
	hosts_look_up_more(h);
}

/*
 * The map
 */

/* Frees what a map consists of. */
static void
map_free(struct hosts_map *m)
{
	free(m->node);
	free(m->names);
	free(m->addr);
	memset(m, 0, sizeof(*m));
}

/* Makes a map of a text; 0, or -1 and why. */
static int
map_read(struct hosts_map *m, const char *text, size_t len,
    char why[JSON_WHY])
{
	size_t names;

	memset(m, 0, sizeof(*m));
	if (hostmap_check(text, len, &m->n, &names, why) != 0)
		return -1;
	m->node = calloc(m->n + 1, sizeof(*m->node));
	m->names = calloc(names + 1, 1);
	m->addr = calloc(m->n + 1, sizeof(*m->addr));
	if (m->node == NULL || m->names == NULL || m->addr == NULL) {
		map_free(m);
		snprintf(why, JSON_WHY, "no memory for %lu nodes",
		    (unsigned long)m->n);
		return -1;
	}
	hostmap_load(&m->peers, text, len, HOSTS_PORT, m->node, m->names);
	m->n = m->peers.n;
	return 0;
}

/* Copies the addresses that the old map has for the same names. */
static void
map_inherit(struct hosts_map *m, const struct hosts_map *old)
{
	const struct hostmap_node *from;
	size_t i;

	for (i = 0; i < m->n && old->n > 0; i++) {
		from = hostmap_find(&old->peers, m->node[i].inner);
		if (from != NULL && from->port == m->node[i].port &&
		    strcmp(from->host, m->node[i].host) == 0)
			m->addr[i] = old->addr[from - old->node];
	}
}

/* Takes a map into use. */
static void
hosts_take(struct ip_udp_hosts *h, struct hosts_map *m)
{
	bool first = !h->known;

	map_inherit(m, &h->map);
	hosts_cancel(h);
	map_free(&h->map);
	h->map = *m;
	h->known = true;
	hosts_look_up(h);
	log_info("%s: a map of %lu hosts%s", h->end->name,
	    (unsigned long)m->n, m->n == 0 ? ": packets go nowhere" : "");
	if (m->peers.unused > 0)
		log_warn("%s: %lu entries of the map are never used, as "
		    "there is the same address, or 0.0.0.0, before them",
		    h->end->name, (unsigned long)m->peers.unused);
	if (first)
		h->ready(h->end);
}

/* Reads a map, unless it is the one that there is; 0, or -1 and why. */
static int
hosts_read(struct ip_udp_hosts *h, const char *text, size_t len,
    char why[JSON_WHY])
{
	uint64_t hash = table_hash(h->seed, text, len) | 1;
	struct hosts_map m;

	if (h->known && hash == h->text_hash)
		return 0;
	if (map_read(&m, text, len, why) != 0)
		return -1;
	h->text_hash = hash;
	hosts_take(h, &m);
	return 0;
}

/*
 * From a file
 */

/* Reads the file; 0, or -1, errno (0: its contents are wrong) and why. */
static int
hosts_read_file(struct ip_udp_hosts *h, char why[JSON_WHY])
{
	const char *cause;
	size_t len;
	char *text;
	int r;

	text = file_read(h->file, FETCH_MAX, &len, &cause);
	if (text == NULL) {
		snprintf(why, JSON_WHY, "%s", cause);
		return -1;
	}
	r = hosts_read(h, text, len, why);
	free(text);
	errno = 0;
	return r;
}

/* May it have changed again within the second that its stamp tells?  Not one
 * of the future: then the clock is wrong. */
static bool
hosts_is_new(const struct file_stamp *stamp)
{
	int64_t now_s = clock_wall_s();

	return stamp->changed_s <= now_s + HOSTS_NEW_S &&
	    now_s <= stamp->changed_s + HOSTS_NEW_S;
}

/* Reads the file again, if it has changed. */
static void
hosts_look_at_file(struct ip_udp_hosts *h)
{
	struct file_stamp now;
	char why[JSON_WHY];

	h->looked_ms = loop_now(hosts_loop(h));
	memset(&now, 0, sizeof(now));
	if (file_look(h->file, &now) != 0) {
		if (!h->gone)
			log_warn("%s: %s: %s; the map before stays",
			    h->end->name, h->file, strerror(errno));
		h->gone = true;
		return;
	}
	h->gone = false;
	if (now.changed_s == h->stamp.changed_s &&
	    now.size == h->stamp.size && now.number == h->stamp.number &&
	    !h->stale && !hosts_is_new(&now))
		return;
	if (hosts_read_file(h, why) == 0) {
		h->stale = false;
	} else if (!h->stale || now.changed_s != h->stamp.changed_s ||
	    now.size != h->stamp.size) {
		log_warn("%s: %s: %s; the map before stays", h->end->name,
		    h->file, why);
		h->stale = true;
	}
	h->stamp = now;
}

/*
 * From a URL
 */

/* It is time to fetch. */
static void
hosts_again(struct timer *timer)
{
	fetch_start(&LIST_ITEM(timer, struct ip_udp_hosts, again)->fetch);
}

/* Fetches again after about that time: many have the same URL. */
static void
hosts_fetch_after(struct ip_udp_hosts *h, uint64_t ms)
{
	uint32_t r;

	random_bytes(h->end->tunnel->random, &r, sizeof(r));
	ms = ms - ms / 20 + r % (ms / 10 + 1);
	timer_set(&h->again, hosts_loop(h), loop_now(hosts_loop(h)) + ms,
	    hosts_again);
}

/* What was fetched is no good. */
static void
hosts_fetch_failed(struct ip_udp_hosts *h, const char *why)
{
	if (h->known) {
		if (!h->stale)
			log_warn("%s: %s; the map before stays",
			    h->end->name, why);
		hosts_fetch_after(h, h->interval_ms);
	} else {
		if (!h->stale)
			log_error("%s: %s; there is no map yet, so packets go "
			    "nowhere; it will be tried again and again",
			    h->end->name, why);
		hosts_fetch_after(h, h->pause_ms);
		h->pause_ms = 2 * h->pause_ms < HOSTS_PAUSE_MAX_MS ?
		    2 * h->pause_ms : HOSTS_PAUSE_MAX_MS;
	}
	h->stale = true;
}

/* Something was fetched, or not. */
static void
hosts_fetched(struct fetch *f, enum fetch_result result)
{
	struct ip_udp_hosts *h = LIST_ITEM(f, struct ip_udp_hosts, fetch);
	char why[JSON_WHY];

	if (result == FETCH_FAILED) {
		hosts_fetch_failed(h, f->why);
		return;
	}
	if (result == FETCH_DONE && hosts_read(h, f->body == NULL ? "" :
	    (const char *)f->body, f->len, why) != 0) {
		fetch_forget(f);
		hosts_fetch_failed(h, why);
		return;
	}
	if (h->stale)
		log_info("%s: fetched again", h->end->name);
	h->stale = false;
	hosts_fetch_after(h, h->interval_ms);
}

/* Loads the credentials for a URL; NULL if there is no need.  A redirect may
 * lead from http to https.  0, or -1 and the fault. */
static int
hosts_load_credentials(const struct ip_udp_hosts *h, const struct settings *s,
    struct credentials **c, struct fault *f)
{
	*c = NULL;
	if (end_find("tls") == NULL || (!h->fetch.from.https &&
	    s->cafile == NULL && s->ca_path == NULL && !trust_have_store()))
		return 0;
	*c = credentials_load(h->end, s, false, h->credentials, f);
	return *c == NULL ? -1 : 0;
}

/* Takes credentials and settings into use, and fetches. */
static void
hosts_fetch_with(struct ip_udp_hosts *h, const struct settings *s,
    struct credentials *c)
{
	struct fetch *f = &h->fetch;

	credentials_free(h->credentials);
	h->credentials = c;
	f->tls = c == NULL ? NULL : &c->setup;
	f->lax = s->no_name_check;
	f->timeout_ms = s->timeout_ms;
	fetch_start(f);
}

/* Begins to fetch. */
static int
hosts_start_url(struct ip_udp_hosts *h, const struct settings *s,
    struct fault *fault)
{
	struct tunnel *t = h->end->tunnel;
	struct fetch *f = &h->fetch;
	struct credentials *c;
	const char *why;

	if (fetch_init(f, t->loop, t->resolver, t->random, s->hosts_url,
	    &why) != 0)
		return fault_user(fault, "hosts-url", "ip-udp: hosts-url=%s: "
		    "%s", s->hosts_url, why);
	if (f->from.https && end_find("tls") == NULL)
		return fault_user(fault, "hosts-url", "ip-udp: hosts-url=%s: "
		    "this build has no TLS", s->hosts_url);
	if (hosts_load_credentials(h, s, &c, fault) != 0)
		return -1;
	f->options.mark_set = s->mark >= 0;
	f->options.mark = (uint32_t)s->mark;
	f->fn = hosts_fetched;
	hosts_fetch_with(h, s, c);
	return 0;
}

/*
 * All of it
 */

int
ip_udp_hosts_start(struct ip_udp_hosts **hosts, struct end *end,
    const struct settings *s, bool ip4, bool ip6,
    ip_udp_hosts_ready_fn *ready, struct fault *f)
{
	struct ip_udp_hosts *h = xcalloc(1, sizeof(*h));
	char why[JSON_WHY];

	*hosts = h;
	h->end = end;
	h->ready = ready;
	h->ip4 = ip4;
	h->ip6 = ip6;
	h->interval_ms = (uint64_t)s->hosts_ms;
	h->pause_ms = HOSTS_PAUSE_MS;
	random_bytes(end->tunnel->random, h->seed, sizeof(h->seed));
	if (s->hosts_url != NULL)
		return hosts_start_url(h, s, f);
	h->file = path_absolute(s->hosts_file);
	if (h->file == NULL)	/* no folder to begin at: as it was given */
		h->file = xstrdup(s->hosts_file);
	(void)file_look(h->file, &h->stamp);
	h->looked_ms = loop_now(end->tunnel->loop);
	if (hosts_read_file(h, why) != 0)
		return fault_open(f, "hosts-file", s->hosts_file, errno,
		    "the map of hosts is no good: %s", why);
	return 0;
}

/* Reads the file for a reload, unless it is the map that there is. */
static int
hosts_prepare_file(struct ip_udp_hosts *h, struct fault *f)
{
	char why[JSON_WHY];
	const char *cause;
	uint64_t hash;
	size_t len;
	char *text;
	int result;

	(void)file_look(h->file, &h->stamp);
	h->looked_ms = loop_now(hosts_loop(h));
	text = file_read(h->file, FETCH_MAX, &len, &cause);
	if (text == NULL)
		return fault_open(f, "hosts-file", h->file, errno, "the map "
		    "of hosts is no good: %s", cause);
	hash = table_hash(h->seed, text, len) | 1;
	result = hash == h->text_hash ? 0 :
	    map_read(&h->next_map, text, len, why);
	free(text);
	if (result != 0)
		return fault_open(f, "hosts-file", h->file, 0, "the map of "
		    "hosts is no good: %s", why);
	h->next_hash = hash;
	return 0;
}

int
ip_udp_hosts_prepare(struct ip_udp_hosts *h, const struct settings *s,
    struct fault *f)
{
	return h->file != NULL ? hosts_prepare_file(h, f) :
	    hosts_load_credentials(h, s, &h->fresh, f);
}

/* Goes on with what was read. */
static void
hosts_renew_file(struct ip_udp_hosts *h)
{
	struct hosts_map m = h->next_map;
	bool same = h->next_hash == h->text_hash;

	h->stale = h->gone = false;
	h->text_hash = h->next_hash;
	memset(&h->next_map, 0, sizeof(h->next_map));
	if (!same)
		hosts_take(h, &m);
}

void
ip_udp_hosts_renew(struct ip_udp_hosts *h, const struct settings *s)
{
	struct credentials *fresh = h->fresh;

	h->fresh = NULL;
	if (s == NULL) {
		map_free(&h->next_map);
		credentials_free(fresh);
	} else if (h->file != NULL) {
		hosts_renew_file(h);
	} else {
		/* One under way has what was loaded before. */
		fetch_stop(&h->fetch);
		timer_stop(&h->again);
		hosts_fetch_with(h, s, fresh);
	}
	h->next_hash = 0;
}

void
ip_udp_hosts_free(struct ip_udp_hosts *h)
{
	if (h == NULL)
		return;
	timer_stop(&h->again);
	hosts_cancel(h);
	fetch_close(&h->fetch);
	credentials_free(h->credentials);
	map_free(&h->map);
	free(h->file);
	/* The stream in it must outlive the turn. */
	loop_free_later(hosts_loop(h), h);
}

bool
ip_udp_hosts_known(const struct ip_udp_hosts *h)
{
	return h->known;
}

void
ip_udp_hosts_look(struct ip_udp_hosts *h)
{
	uint64_t now_ms = loop_now(hosts_loop(h));
	uint64_t names_ms = h->interval_ms < HOSTS_NAMES_MS ?
	    HOSTS_NAMES_MS : h->interval_ms;

	if (h->file != NULL && now_ms - h->looked_ms >= HOSTS_LOOK_MS)
		hosts_look_at_file(h);
	/* A round under way is completed: else the last names would never be
	 * looked up where the first ones get no reply. */
	if (h->known && now_ms - h->names_ms >= names_ms && !hosts_asks(h))
		hosts_look_up(h);
}

const struct addr *
ip_udp_hosts_find(const struct ip_udp_hosts *h, const uint8_t inner[4])
{
	const struct hostmap_node *node;
	const struct addr *a;

	if (!h->known)
		return NULL;
	node = hostmap_find(&h->map.peers, inner);
	if (node == NULL)
		return NULL;
	a = &h->map.addr[node - h->map.node];
	return a->family == 0 ? NULL : a;
}
