/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include <string.h>

#include "tunnel/credentials.h"

#include "base/alloc.h"
#include "base/file.h"
#include "tunnel/ca_path.h"

enum {
	CREDENTIALS_FILE_MAX = 8 * 1024 * 1024,	/* bytes of a PEM file */
	CREDENTIALS_FEW = 32 * 1024,	/* bytes of trusted certificates that
					 * are held in memory */
	CREDENTIALS_SESSIONS = 1024,	/* that clients may resume; some 370
					 * bytes each, once used */
};

/* Ends the program: something is wrong with a PEM file. */
NORETURN static void
credentials_bad(const char *path, const struct pem_trouble *trouble)
{
	if (trouble->line == 0)
		die_usage("%s: %s", path, pem_strerror(trouble->error));
	die_usage("%s: line %u: %s", path, trouble->line,
	    pem_strerror(trouble->error));
}

/* Ends the program: the file of trusted certificates cannot be read. */
NORETURN static void
credentials_unread(const char *path, const char *why)
{
	die_usage("%s: cannot read the trusted certificates: %s", path, why);
}

/* Reads a whole file, or ends the program. */
static char *
credentials_file(const char *what, const char *path, size_t *len)
{
	const char *why;
	char *text = file_read(path, CREDENTIALS_FILE_MAX, len, &why);

	if (text == NULL)
		die_usage("%s: cannot read the %s: %s", path, what, why);
	return text;
}

/* Wipes and frees the text of a file. */
static void
credentials_forget(char *text, size_t len)
{
	explicit_bzero(text, len);
	free(text);
}

/* Makes room in a space that is empty so far. */
static void
credentials_space(struct pem_space *space, size_t len)
{
	space->size = pem_space_for(len);
	space->base = xcalloc(1, space->size);
}

/* Says that a certificate is out of its time; that is no reason not to
 * start, since clocks are set late. */
static void
credentials_check_time(const char *path, const struct pem_chain *chain)
{
	int64_t now_s = clock_wall_s();
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

/* Our certificate and its key. */
static void
credentials_load_own(struct credentials *c, const struct settings *s)
{
	const char *key_path = s->key == NULL ? s->cert : s->key;
	struct pem_trouble trouble;
	size_t cert_len, key_len;
	char *cert, *key;

	cert = credentials_file("certificate", s->cert, &cert_len);
	key = credentials_file("key", key_path, &key_len);
	credentials_space(&c->own, cert_len + key_len);
	if (pem_read_chain(&c->own, cert, cert_len, &c->chain, &trouble) != 0)
		credentials_bad(s->cert, &trouble);
	if (pem_read_key(&c->own, key, key_len, &c->key, &trouble) != 0)
		credentials_bad(key_path, &trouble);
	if (!pem_key_fits(&c->key, &c->chain))
		die_usage("%s: this key does not belong to the certificate "
		    "\"%s\" in %s; give the two that were made together",
		    key_path, c->chain.subject, s->cert);
	credentials_check_time(s->cert, &c->chain);
	credentials_forget(cert, cert_len);
	credentials_forget(key, key_len);
	c->setup.chain = &c->chain;
	c->setup.key = &c->key;
}

/* The file of the system's trust store: SSL_CERT_FILE, or the first of the
 * usual ones that is there; NULL when there is none. */
static const char *
credentials_find_store(void)
{
	const char *path = getenv("SSL_CERT_FILE");
	FILE *f;
	int i;

	if (path != NULL && *path != '\0')
		return path;
	for (i = 0; pem_system_files[i] != NULL; i++) {
		f = fopen(pem_system_files[i], "rb");
		if (f != NULL) {
			fclose(f);
			return pem_system_files[i];
		}
	}
	return NULL;
}

bool
credentials_have_store(void)
{
	return credentials_find_store() != NULL;
}

/* The same; ends the program when there is none. */
static const char *
credentials_system_store(void)
{
	const char *path = credentials_find_store();

	if (path != NULL)
		return path;
	die_usage("no trusted certificates found on this system; name a file "
	    "of them with --cafile, or in the environment with SSL_CERT_FILE");
}

/* Is it a file, and no pipe, of more than CREDENTIALS_FEW bytes? */
static bool
credentials_are_many(FILE *f)
{
	return fseek(f, 0, SEEK_END) == 0 && ftell(f) > CREDENTIALS_FEW &&
	    fseek(f, 0, SEEK_SET) == 0;
}

/* The file of the certificates that we trust; ends the program when it cannot
 * be opened. */
static FILE *
credentials_open_file(const char *path)
{
	FILE *f;

	errno = 0;
	f = fopen(path, "rb");
	if (f == NULL)
		credentials_unread(path, strerror(errno));
	setvbuf(f, NULL, _IONBF, 0);
	return f;
}

/* A file, without a name, of the certificates in the files of a folder; ends
 * the program when there are none. */
static FILE *
credentials_open_folder(const char *path)
{
	const char *why;
	FILE *f = ca_path_open(path, CREDENTIALS_FILE_MAX, &why);

	if (f == NULL)
		credentials_unread(path, why);
	return f;
}

/* The certificates that we trust, out of an open file, which is taken over; a
 * server tells its clients all of their names, and so has them in memory. */
static void
credentials_load_anchors(struct credentials *c, const struct end *end,
    const char *path, FILE *f)
{
	uint8_t seed[TABLE_SEED];
	struct pem_trouble trouble = { PEM_OK, 0 };
	const char *why = NULL;
	char *text = NULL;
	size_t len;

	if (!c->setup.server && credentials_are_many(f)) {
		random_bytes(end->tunnel->random, seed, sizeof(seed));
		if (anchors_open(&c->many, f, seed, &trouble, &why) == 0)
			c->setup.anchors = &c->many.pem;
	} else {
		rewind(f);
		text = file_read_rest(f, CREDENTIALS_FILE_MAX, &len, &why);
		fclose(f);
		credentials_space(&c->trusted, text == NULL ? 0 : len);
		if (text != NULL && pem_read_anchors(&c->trusted, text, len,
		    &c->few, &trouble) == 0)
			c->setup.anchors = &c->few;
		free(text);
	}
	if (why != NULL)
		credentials_unread(path, why);
	if (c->setup.anchors == NULL)
		credentials_bad(path, &trouble);
	if (c->setup.anchors->skipped != 0)
		log_debug("%s: %lu certificates with keys of other kinds were "
		    "left out", path, (unsigned long)c->setup.anchors->skipped);
}

/* Room for the sessions of clients; without it there are no short
 * handshakes, and that is all. */
static void
credentials_keep_sessions(struct credentials *c, const struct end *end)
{
	uint8_t seed[TABLE_SEED];
	struct tls_place *places;

	places = calloc(CREDENTIALS_SESSIONS, sizeof(*places));
	if (places == NULL)
		return;
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	tls_sessions_init(&c->sessions, places, CREDENTIALS_SESSIONS, seed);
	c->setup.sessions = &c->sessions;
}

struct credentials *
credentials_load(const struct end *end, const struct settings *s, bool server)
{
	struct credentials *c = xcalloc(1, sizeof(*c));
	const char *path;

	c->setup.server = server;
	c->setup.any_name = s->no_name_check;
	if (server && s->cert == NULL)
		die_usage("%s: a certificate is needed: cert and key (`adit "
		    "gencert` makes them)", end->name);
	if (s->cert != NULL)
		credentials_load_own(c, s);
	path = s->cafile;
	if (path == NULL && s->ca_path == NULL && !server)
		path = credentials_system_store();
	if (path != NULL)
		credentials_load_anchors(c, end, path,
		    credentials_open_file(path));
	else if (s->ca_path != NULL)
		credentials_load_anchors(c, end, s->ca_path,
		    credentials_open_folder(s->ca_path));
	if (server)
		credentials_keep_sessions(c, end);
	return c;
}

void
credentials_free(struct credentials *c)
{
	if (c == NULL)
		return;
	pem_space_wipe(&c->own);
	free(c->own.base);
	free(c->trusted.base);
	anchors_close(&c->many);
	tls_sessions_wipe(&c->sessions);
	free(c->sessions.places);
	explicit_bzero(c, sizeof(*c));
	free(c);
}
