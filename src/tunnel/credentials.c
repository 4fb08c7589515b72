/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Loads the certificate and the key of an end from files, and loads them again
 * when these are renewed.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/credentials.h"

#include "private.h"

#include "net/clock_floor.h"

enum {
	CREDENTIALS_FILE_MAX = 8 * 1024 * 1024,	/* bytes of a PEM file */
	CREDENTIALS_LOOK_MS = 10000,	/* between two looks at files */
};

/* Fills in what is wrong with a PEM file that a setting names. */
static int
credentials_fault_pem(struct fault *f, const char *setting, const char *path,
    const struct pem_trouble *trouble)
{
	return fault_file(f, setting, path, trouble->line, "%s",
	    pem_strerror(trouble->error));
}

/* Reads a file to its end; NULL and the fault when that fails. */
static char *
credentials_read_file(const char *setting, const char *what, const char *path,
    size_t *len, struct fault *f)
{
	const char *why;
	char *text = file_read(path, CREDENTIALS_FILE_MAX, len, &why);

	if (text == NULL)
		(void)fault_open(f, setting, path, errno, "cannot read the "
		    "%s: %s", what, why);
	return text;
}

/* Wipes and frees the text of a file; NULL is harmless. */
static void
credentials_wipe_text(char *text, size_t len)
{
	if (text == NULL)
		return;
	explicit_bzero(text, len);
	free(text);
}

/* Allocates an empty space for the contents of len bytes of PEM. */
static int
credentials_alloc_space(struct pem_space *space, size_t len, struct fault *f)
{
	space->size = pem_space_for(len);
	space->base = calloc(1, space->size);
	if (space->base != NULL)
		return 0;
	space->size = 0;
	return fault_system(f, NULL, "no memory for certificates");
}

/* Logs that a certificate is not valid at this time.  The end starts
 * nevertheless: at boot the clock may not be set yet. */
static void
credentials_check_time(const char *path, const struct pem_chain *chain,
    int64_t now_s)
{
	char date[20];

	if (now_s > chain->not_after_s) {
		clock_wall_text(chain->not_after_s, date);
		log_error("%s: certificate \"%s\" has expired (%s); peers "
		    "will refuse it: renew it", path, chain->subject, date);
	} else if (now_s < chain->not_before_s) {
		clock_wall_text(chain->not_before_s, date);
		log_warn("%s: certificate \"%s\" is not valid before %s; is "
		    "the clock right?", path, chain->subject, date);
	}
}

/* Logs that a file has no certificate of our certificate's issuer.  A public
 * CA, which says where its certificate is, never issues by its root. */
static void
credentials_note_alone(const char *path, const struct pem_chain *chain,
    const struct cert *own)
{
	char issuer[CERT_NAME_TEXT];

	cert_name_text(own->issuer, issuer, sizeof(issuer));
	if (own->has_issuer_url)
		log_warn("%s: the intermediate certificate \"%s\", which "
		    "issued \"%s\", is not in it; peers will refuse it: use "
		    "fullchain.pem", path, issuer, chain->subject);
	else
		log_info("%s: peers must trust \"%s\" itself, as its "
		    "certificate is not in it", path, issuer);
}

/* Logs that the certificates of a file are not in order, each issued by the
 * next one (RFC 5246 7.4.2), or that an issuer's is missing.  Many peers accept
 * any order. */
static void
credentials_check_order(const char *path, const struct pem_chain *chain)
{
	char subject[CERT_NAME_TEXT], wanted[CERT_NAME_TEXT];
	struct cert c, next;
	size_t i;

	if (cert_read(&c, chain->certs[0].data, chain->certs[0].data_len) != 0)
		return;
	if (chain->num == 1 && !cert_is_self_issued(&c))
		credentials_note_alone(path, chain, &c);
	for (i = 1; i < chain->num; i++, c = next) {
		if (cert_read(&next, chain->certs[i].data,
		    chain->certs[i].data_len) != 0)
			return;
		if (slice_equal(c.issuer, next.subject))
			continue;
		log_warn("%s: certificate %lu is \"%s\", where that of \"%s\" "
		    "belongs; many peers will refuse it: put our own first, "
		    "then each one that issued the one before it", path,
		    (unsigned long)i + 1, cert_name_text(next.subject, subject,
		    sizeof(subject)), cert_name_text(c.issuer, wanted,
		    sizeof(wanted)));
		return;
	}
}

/* Parses our certificate and its key, and checks that they belong together. */
static int
credentials_read_own(struct credentials *c, const struct settings *s,
    const char *cert, size_t cert_len, const char *key, size_t key_len,
    int64_t now_s, struct fault *f)
{
	static const uint8_t seed[TABLE_SEED];
	const char *key_path = s->key == NULL ? s->cert : s->key;
	struct pem_trouble trouble;
	char command[FILE_WHY];

	if (credentials_alloc_space(&c->own, cert_len + key_len, f) != 0)
		return -1;
	if (pem_read_chain(&c->own, cert, cert_len, &c->chain, &trouble) != 0)
		return credentials_fault_pem(f, "cert", s->cert, &trouble);
	if (pem_read_key(&c->own, key, key_len, &c->key, &trouble) != 0)
		return credentials_fault_pem(f, "key", key_path, &trouble);
	if (!pem_key_fits(&c->key, &c->chain))
		return fault_file(f, "key", key_path, 0, "this key does not "
		    "belong to the certificate \"%s\" in %s; give the two "
		    "that were made together", c->chain.subject, s->cert);
	if (file_is_private(key_path) == 0) {
		private_command(key_path, command);
		return fault_file(f, "key", key_path, 0, "users other than its "
		    "owner may read this file with a private key; run: %s",
		    command);
	}
	c->print = table_hash(seed, cert, cert_len) ^
	    3 * table_hash(seed, key, key_len);
	credentials_check_time(s->cert, &c->chain, now_s);
	credentials_check_order(s->cert, &c->chain);
	c->setup.chain = &c->chain;
	c->setup.key = &c->key;
	return 0;
}

/* Loads our certificate and its key. */
static int
credentials_load_own(struct credentials *c, const struct settings *s,
    int64_t now_s, struct fault *f)
{
	const char *key_path = s->key == NULL ? s->cert : s->key;
	size_t cert_len = 0, key_len = 0;
	char *cert, *key = NULL;
	int result = -1;

	/* Before they are read: a later change is seen. */
	(void)file_look(s->cert, &c->looked.cert);
	(void)file_look(key_path, &c->looked.key);
	cert = credentials_read_file("cert", "certificate", s->cert, &cert_len,
	    f);
	if (cert != NULL)
		key = credentials_read_file("key", "key", key_path, &key_len,
		    f);
	if (key != NULL)
		result = credentials_read_own(c, s, cert, cert_len, key,
		    key_len, now_s, f);
	credentials_wipe_text(cert, cert_len);
	credentials_wipe_text(key, key_len);
	return result;
}

int
credentials_check(const char *name, const struct settings *s, bool server,
    struct fault *f)
{
	const struct {
		const char *setting, *value;
	} names[] = {
		{ "cert", s->cert }, { "key", s->key },
		{ "cafile", s->cafile }, { "ca-path", s->ca_path },
	};
	size_t i;

	/* An empty name is what is left of a variable that is not set. */
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].value != NULL && names[i].value[0] == '\0')
			return fault_user(f, names[i].setting, "%s: %s: the "
			    "name of the file is empty", name,
			    names[i].setting);
	if (server && s->cert == NULL)
		return fault_user(f, "cert", "%s: a certificate is needed: "
		    "cert and key (`adit gencert` makes them)", name);
	return 0;
}

/* Loads our certificate, if the settings name one, and its key.  Trust is
 * taken over.  NULL and the fault. */
static struct credentials *
credentials_make(const struct end *end, const struct settings *s, bool server,
    struct trust *trust, struct fault *f)
{
	struct clock_floor *floor = loop_clock_floor(end->tunnel->loop);
	struct credentials *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)fault_system(f, NULL, "no memory for certificates");
		trust_release(trust);
		return NULL;
	}
	c->users = 1;
	c->trust = trust;
	c->setup.server = server;
	c->setup.any_name = s->no_name_check;
	c->setup.time_check = (enum tls_time_check)s->time_check;
	c->setup.anchors = trust->anchors;
	tls_setup_detect(&c->setup);
	if (trust->sessions.places != NULL)
		c->setup.sessions = &trust->sessions;
	if (s->cert == NULL || credentials_load_own(c, s,
	    clock_floor_now_s(floor), f) == 0)
		return c;
	credentials_free(c);
	return NULL;
}

struct credentials *
credentials_load(const struct end *end, const struct settings *s, bool server,
    struct credentials *was, struct fault *f)
{
	struct trust *trust = trust_load(end, s, server,
	    was == NULL ? NULL : was->trust, f);
	struct credentials *c;

	if (trust == NULL)
		return NULL;
	c = credentials_make(end, s, server, trust, f);
	if (c == NULL || was == NULL || c->trust != was->trust ||
	    c->print != was->print ||
	    c->setup.any_name != was->setup.any_name ||
	    c->setup.time_check != was->setup.time_check)
		return c;
	was->looked = c->looked;
	credentials_free(c);
	return credentials_share(was);
}

/* Are the files of our certificate and its key those that were loaded?  Also
 * when they cannot be looked at. */
static bool
own_is_same(const struct credentials *c, const struct settings *s,
    struct credentials_look *now)
{
	const char *key = s->key == NULL ? s->cert : s->key;

	memset(now, 0, sizeof(*now));
	return file_look(s->cert, &now->cert) != 0 ||
	    file_look(key, &now->key) != 0 ||
	    (file_stamp_same(&now->cert, &c->looked.cert) &&
	    file_stamp_same(&now->key, &c->looked.key));
}

struct credentials *
credentials_renew_own(struct credentials *c, const struct end *end,
    const struct settings *s)
{
	uint64_t now_ms = loop_now(end->tunnel->loop);
	struct credentials_look now;
	struct credentials *fresh;
	struct fault f;

	if (s->cert == NULL || now_ms - c->looked_ms < CREDENTIALS_LOOK_MS)
		return NULL;
	c->looked_ms = now_ms;
	if (own_is_same(c, s, &now))
		return NULL;
	fresh = credentials_make(end, s, c->setup.server,
	    trust_share(c->trust), &f);
	if (fresh != NULL && fresh->print == c->print) {
		c->looked = fresh->looked;
		credentials_free(fresh);
		return NULL;
	}
	if (fresh != NULL) {
		fresh->looked_ms = now_ms;
		log_info("%s: %s was renewed, and is used from now on",
		    end->name, s->cert);
		return fresh;
	}
	/* It may be half written: it is tried again, and told once. */
	if (!file_stamp_same(&now.cert, &c->told.cert) ||
	    !file_stamp_same(&now.key, &c->told.key))
		log_error("%s: the files of our certificate have changed, but "
		    "are not used: %s; connections go on with what was loaded "
		    "before", end->name, f.text);
	c->told = now;
	return NULL;
}

struct credentials *
credentials_share(struct credentials *c)
{
	if (c != NULL)
		c->users++;
	return c;
}

void
credentials_free(struct credentials *c)
{
	if (c == NULL || --c->users > 0)
		return;
	pem_space_wipe(&c->own);
	free(c->own.base);
	trust_release(c->trust);
	explicit_bzero(c, sizeof(*c));
	free(c);
}
