/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Loads the certificates, keys and trust anchors of an end from files.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/credentials.h"

#include "base/file.h"
#include "tunnel/ca_path.h"

enum {
	CREDENTIALS_FILE_MAX = 8 * 1024 * 1024,	/* bytes of a PEM file */
	CREDENTIALS_FEW = 32 * 1024,	/* bytes of the largest file of trust
					 * anchors that is held in memory */
	CREDENTIALS_SESSIONS = 1024,	/* sessions that clients may resume;
					 * some 370 bytes each, once used */
};

/* Fills in what is wrong with a PEM file that a setting names. */
static int
credentials_fault_pem(struct fault *f, const char *setting, const char *path,
    const struct pem_trouble *trouble)
{
	return fault_file(f, setting, path, trouble->line, "%s",
	    pem_strerror(trouble->error));
}

/* Fills in that the file, or folder, of trust anchors cannot be read; error:
 * errno, or 0. */
static int
credentials_fault_open(struct fault *f, const char *setting, const char *path,
    int error, const char *why)
{
	return fault_open(f, setting, path, error, "cannot read the trusted "
	    "certificates: %s", why);
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
    struct fault *f)
{
	const char *key_path = s->key == NULL ? s->cert : s->key;
	struct pem_trouble trouble;

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
	if (file_mode_private(key_path) == 0)
		return fault_file(f, "key", key_path, 0, "users other than its "
		    "owner may read this file with a private key; run: chmod "
		    "600 %s", key_path);
	credentials_check_time(s->cert, &c->chain);
	credentials_check_order(s->cert, &c->chain);
	c->setup.chain = &c->chain;
	c->setup.key = &c->key;
	return 0;
}

/* Loads our certificate and its key. */
static int
credentials_load_own(struct credentials *c, const struct settings *s,
    struct fault *f)
{
	const char *key_path = s->key == NULL ? s->cert : s->key;
	size_t cert_len = 0, key_len = 0;
	char *cert, *key = NULL;
	int result = -1;

	cert = credentials_read_file("cert", "certificate", s->cert, &cert_len,
	    f);
	if (cert != NULL)
		key = credentials_read_file("key", "key", key_path, &key_len,
		    f);
	if (key != NULL)
		result = credentials_read_own(c, s, cert, cert_len, key,
		    key_len, f);
	credentials_wipe_text(cert, cert_len);
	credentials_wipe_text(key, key_len);
	return result;
}

/* The file of the system's trust anchors: SSL_CERT_FILE, or the first of the
 * usual ones that can be opened; NULL: none. */
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

/* Returns whether a file is larger than CREDENTIALS_FEW bytes; false for a
 * pipe, which cannot seek.  Moves the position of the file. */
static bool
credentials_check_large(FILE *f)
{
	return fseek(f, 0, SEEK_END) == 0 && ftell(f) > CREDENTIALS_FEW &&
	    fseek(f, 0, SEEK_SET) == 0;
}

/* Opens the file of trust anchors, without a buffer; NULL and the fault when
 * that fails. */
static FILE *
credentials_open_file(const char *path, struct fault *fault)
{
	const char *why;
	FILE *f = file_open(path, &why);

	if (f == NULL)
		(void)credentials_fault_open(fault, "cafile", path, errno, why);
	return f;
}

/* Makes a temporary file of the certificates in a folder; NULL and the fault
 * when there are none. */
static FILE *
credentials_open_folder(const char *path, struct fault *fault)
{
	const char *why;
	FILE *f = ca_path_open(path, CREDENTIALS_FILE_MAX, &why);

	if (f == NULL)
		(void)credentials_fault_open(fault, "ca-path", path, 0, why);
	return f;
}

/* Loads the trust anchors of an open file into memory, and closes it.  -1 and
 * the fault when there is no memory.  Otherwise 0; then c->setup.anchors is
 * NULL after an error, and either *why or *trouble has the cause. */
static int
credentials_load_few(struct credentials *c, FILE *file,
    struct pem_trouble *trouble, const char **why, struct fault *f)
{
	size_t len;
	char *text;
	int result = -1;

	rewind(file);
	text = file_read_rest(file, CREDENTIALS_FILE_MAX, &len, why);
	fclose(file);
	if (text == NULL)
		return 0;
	if (credentials_alloc_space(&c->trusted, len, f) == 0) {
		result = 0;
		if (pem_read_anchors(&c->trusted, text, len, &c->few,
		    trouble) == 0)
			c->setup.anchors = &c->few;
	}
	free(text);
	return result;
}

/* Loads the trust anchors of an open file, which it takes over.  A client
 * leaves those of a large file there; a server has all in memory, since it
 * sends their names to its clients. */
static int
credentials_load_anchors(struct credentials *c, const struct end *end,
    const char *setting, const char *path, FILE *file, struct fault *f)
{
	uint8_t seed[TABLE_SEED];
	struct pem_trouble trouble = { PEM_OK, 0 };
	const char *why = NULL;

	if (!c->setup.server && credentials_check_large(file)) {
		random_bytes(end->tunnel->random, seed, sizeof(seed));
		if (anchors_open(&c->many, file, seed, &trouble, &why) == 0)
			c->setup.anchors = &c->many.pem;
	} else if (credentials_load_few(c, file, &trouble, &why, f) != 0) {
		return -1;
	}
	if (why != NULL)
		return credentials_fault_open(f, setting, path, errno, why);
	if (c->setup.anchors == NULL)
		return credentials_fault_pem(f, setting, path, &trouble);
	if (c->setup.anchors->skipped != 0)
		log_debug("%s: %lu certificates with unsupported kinds of keys "
		    "were skipped", path,
		    (unsigned long)c->setup.anchors->skipped);
	return 0;
}

/* Loads the trust anchors: the file or the folder that the settings name, else
 * the system's.  A server whose settings name none has none: it requests no
 * client certificates. */
static int
credentials_load_trusted(struct credentials *c, const struct end *end,
    const struct settings *s, struct fault *f)
{
	const char *path = s->cafile, *setting = "cafile";
	FILE *file;

	if (path == NULL && s->ca_path != NULL) {
		path = s->ca_path;
		setting = "ca-path";
	} else if (path == NULL && c->setup.server) {
		return 0;
	} else if (path == NULL) {
		path = credentials_find_store();
	}
	if (path == NULL)
		return fault_user(f, "cafile", "%s: no trusted certificates "
		    "found on this system; name a file of them with cafile, "
		    "or in the environment with SSL_CERT_FILE", end->name);
	file = path == s->ca_path ? credentials_open_folder(path, f) :
	    credentials_open_file(path, f);
	return file == NULL ? -1 : credentials_load_anchors(c, end, setting,
	    path, file, f);
}

/* Allocates the cache of the clients' sessions.  Without memory for it no
 * session is resumed, which is no error. */
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

struct credentials *
credentials_load(const struct end *end, const struct settings *s, bool server,
    struct fault *f)
{
	struct credentials *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		(void)fault_system(f, NULL, "no memory for certificates");
		return NULL;
	}
	c->setup.server = server;
	c->setup.any_name = s->no_name_check;
	if ((s->cert != NULL && credentials_load_own(c, s, f) != 0) ||
	    credentials_load_trusted(c, end, s, f) != 0) {
		credentials_free(c);
		return NULL;
	}
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
