/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Loads the trust anchors of an end from a file, a folder, or the system's
 * store.
 */

#include "compat.h"

#include "tunnel/trust.h"

#include "net/trust_store.h"
#include "tunnel/ca_path.h"

enum {
	TRUST_FEW = 32 * 1024,	/* bytes of the largest file that is held in
				 * memory by a client */
	TRUST_SESSIONS = 1024,	/* sessions that clients may resume; some 390
				 * bytes each, once used */
};

/* A file of trust anchors that is being loaded. */
struct trust_source {
	const char *setting;	/* that names it */
	const char *path;
	FILE *file;
};

/* Fills in that the file, or folder, of trust anchors cannot be read; error:
 * errno, or 0. */
static int
source_refuse(struct fault *f, const struct trust_source *from, int error,
    const char *why)
{
	return fault_open(f, from->setting, from->path, error, "cannot read "
	    "the trusted certificates: %s", why);
}

/* Finds the system's trust anchors: SSL_CERT_FILE, or what the system itself
 * trusts.  As trust_store_find(). */
static int
find_store(struct trust_store *store)
{
	const char *path = env_get("SSL_CERT_FILE");

	if (path == NULL || *path == '\0')
		return trust_store_find(store);
	memset(store, 0, sizeof(*store));
	store->name = path;
	return 0;
}

bool
trust_have_store(void)
{
	struct trust_store store;

	if (find_store(&store) != 0)
		return false;
	free(store.text);
	return true;
}

/* Returns whether a file is larger than TRUST_FEW bytes; false for a pipe,
 * which cannot seek.  Moves the position of the file. */
static bool
check_large(FILE *f)
{
	return fseek(f, 0, SEEK_END) == 0 && ftell(f) > TRUST_FEW &&
	    fseek(f, 0, SEEK_SET) == 0;
}

/* Opens the file, without a buffer, or makes a temporary one of the
 * certificates in a folder.  0, or -1 and the fault. */
static int
source_open(struct trust_source *from, bool folder, struct fault *f)
{
	const char *why;

	from->file = folder ? ca_path_open(from->path, TRUST_FILE_MAX, &why) :
	    file_open(from->path, &why);
	if (from->file != NULL)
		return 0;
	return source_refuse(f, from, folder ? 0 : errno, why);
}

/* What tells a text from others; not 0. */
static uint64_t
text_print(const char *text, size_t len)
{
	static const uint8_t seed[TABLE_SEED];

	return table_hash(seed, text, len) | 1;
}

/* Loads the anchors of a text into memory.  -1 and the fault when there is no
 * memory.  Otherwise 0; then t->anchors is NULL after an error. */
static int
trust_read_few(struct trust *t, const char *text, size_t len,
    struct pem_trouble *trouble, struct fault *f)
{
	t->space.size = pem_space_for(len);
	t->space.base = calloc(1, t->space.size);
	if (t->space.base == NULL) {
		t->space.size = 0;
		return fault_system(f, NULL, "no memory for certificates");
	}
	t->print = text_print(text, len);
	if (pem_read_anchors(&t->space, text, len, &t->few, trouble) == 0)
		t->anchors = &t->few;
	return 0;
}

/* Loads the anchors of an open file into memory, and closes it; as above, and
 * after an error *why or *trouble has the cause. */
static int
trust_load_few(struct trust *t, struct trust_source *from,
    struct pem_trouble *trouble, const char **why, struct fault *f)
{
	size_t len;
	char *text;
	int result;

	rewind(from->file);
	text = file_read_rest(from->file, TRUST_FILE_MAX, &len, why);
	fclose(from->file);
	if (text == NULL)
		return 0;
	result = trust_read_few(t, text, len, trouble, f);
	free(text);
	return result;
}

/* Loads the anchors of an open file, which it takes over.  A client leaves
 * those of a large file there; a server has all in memory, since it sends their
 * names to its clients. */
static int
trust_load_file(struct trust *t, const struct end *end, bool server,
    struct trust_source *from, struct fault *f)
{
	uint8_t seed[TABLE_SEED];
	struct pem_trouble trouble = { PEM_OK, 0 };
	const char *why = NULL;

	if (!server && check_large(from->file)) {
		(void)file_look(from->path, &t->stamp);
		random_bytes(end->tunnel->random, seed, sizeof(seed));
		if (anchors_open(&t->many, from->file, seed, &trouble,
		    &why) == 0)
			t->anchors = &t->many.pem;
	} else if (trust_load_few(t, from, &trouble, &why, f) != 0) {
		return -1;
	}
	if (why != NULL)
		return source_refuse(f, from, errno, why);
	if (t->anchors == NULL)
		return fault_file(f, from->setting, from->path, trouble.line,
		    "%s", pem_strerror(trouble.error));
	if (t->anchors->skipped != 0)
		log_debug("%s: %lu certificates with unsupported kinds of keys "
		    "were skipped", from->path,
		    (unsigned long)t->anchors->skipped);
	return 0;
}

/* Loads what was found in a store of the system's that is no file. */
static int
trust_load_text(struct trust *t, const struct trust_store *store,
    struct fault *f)
{
	struct pem_trouble trouble;

	if (trust_read_few(t, store->text, store->len, &trouble, f) != 0)
		return -1;
	if (t->anchors == NULL)
		return fault_system(f, "cafile", "%s: %s", store->name,
		    pem_strerror(trouble.error));
	log_debug("%s: %lu certificates are trusted; %lu are not to vouch for "
	    "servers, %lu cannot be read, and %lu have unsupported kinds of "
	    "keys", store->name, (unsigned long)t->anchors->num,
	    store->refused, store->malformed,
	    (unsigned long)t->anchors->skipped);
	return 0;
}

/* Loads the system's anchors for a client. */
static int
trust_load_system(struct trust *t, const struct end *end, struct fault *f)
{
	struct trust_source from = { "cafile", NULL, NULL };
	struct trust_store store;
	int result;

	if (find_store(&store) != 0)
		return fault_user(f, "cafile", "%s: no trusted certificates "
		    "found in %s; name a file of them with cafile, or in the "
		    "environment with SSL_CERT_FILE", end->name, store.name);
	t->store = store.name;
	if (store.text != NULL) {
		result = trust_load_text(t, &store, f);
		free(store.text);
		return result;
	}
	from.path = store.name;
	return source_open(&from, false, f) != 0 ? -1 :
	    trust_load_file(t, end, false, &from, f);
}

/* Loads the anchors: the file or the folder that the settings name, else the
 * system's.  A server whose settings name none has none: it requests no client
 * certificates. */
static int
trust_load_named(struct trust *t, const struct end *end,
    const struct settings *s, bool server, struct fault *f)
{
	struct trust_source from = { "cafile", s->cafile, NULL };
	bool folder = s->cafile == NULL && s->ca_path != NULL;

	if (folder) {
		from.path = s->ca_path;
		from.setting = "ca-path";
	} else if (from.path == NULL) {
		return server ? 0 : trust_load_system(t, end, f);
	}
	return source_open(&from, folder, f) != 0 ? -1 :
	    trust_load_file(t, end, server, &from, f);
}

/* Allocates the cache of the clients' sessions.  Without memory for it no
 * session is resumed, which is no error. */
static void
trust_keep_sessions(struct trust *t, const struct end *end)
{
	uint8_t seed[TABLE_SEED];
	struct tls_place *places;

	places = calloc(TRUST_SESSIONS, sizeof(*places));
	if (places == NULL)
		return;
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	tls_sessions_init(&t->sessions, places, TRUST_SESSIONS, seed);
}

/* Has a reload found the same anchors? */
static bool
trust_is_same(const struct trust *a, const struct trust *b)
{
	if (a->anchors == NULL || b->anchors == NULL)
		return a->anchors == b->anchors;
	return a->print == b->print && (a->print != 0 ||
	    file_stamp_same(&a->stamp, &b->stamp));
}

struct trust *
trust_load(const struct end *end, const struct settings *s, bool server,
    struct trust *was, struct fault *f)
{
	struct trust *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)fault_system(f, NULL, "no memory for certificates");
		return NULL;
	}
	t->users = 1;
	if (trust_load_named(t, end, s, server, f) != 0) {
		trust_release(t);
		return NULL;
	}
	if (was != NULL && trust_is_same(t, was)) {
		trust_release(t);
		return trust_share(was);
	}
	if (server)
		trust_keep_sessions(t, end);
	return t;
}

struct trust *
trust_share(struct trust *t)
{
	t->users++;
	return t;
}

void
trust_release(struct trust *t)
{
	if (t == NULL || --t->users > 0)
		return;
	free(t->space.base);
	anchors_close(&t->many);
	if (t->sessions.places != NULL)
		tls_sessions_wipe(&t->sessions);
	free(t->sessions.places);
	explicit_bzero(t, sizeof(*t));
	free(t);
}
