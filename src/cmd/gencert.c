/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `adit gencert`: makes a private CA, and a certificate of it for a server and
 * for a client, in six files; or certificates for more clients.
 */

#include "compat.h"

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/release.h"
#include "base/text.h"
#include "wire/cert.h"
#include "wire/certwrite.h"
#include "wire/random.h"
#include "wire/tls_pem.h"

enum {
	NAMES_MAX = 64,
	PATH_TEXT = 1024,
	DAY_S = 86400,
	CA_DAYS = 3650,
	CA_FILE_MAX = 256 * 1024,	/* bytes */
	CLIENT_NAME = 64,		/* bytes of a common name */
};

struct gencert {
	const char *dir;
	int64_t days;			/* validity of the two certificates */
	bool force;			/* overwrite server's and client's */
	bool clients;			/* make only clients' certificates */
	const char *names[NAMES_MAX];	/* of the server, or of the clients */
	int num_names;
	int64_t now_s;			/* Unix seconds */
	struct random random;
};

/* A CA, new or read from its files. */
struct ca {
	bool made;			/* new */
	struct certwrite_key new_key;	/* if it was made */
	uint8_t new_der[CERTWRITE_MAX];	/* its certificate, likewise */
	struct pem_chain chain;		/* if it was read: with its issuers */
	struct pem_key old_key;		/* likewise */
	struct pem_space chain_space, key_space;	/* of those two */
	struct cert cert;		/* its certificate, decoded */
	struct certwrite_issuer issuer;	/* points into this struct */
};

static const struct opt options[] = {
	{ .name = OPT_WORDS("dir", ".", "DIR",
	  HELP("folder for the files; made if it does not exist")),
	  .letter = 'd', .type = OPT_TEXT, .at = offsetof(struct gencert,
	  dir) },
	{ .name = OPT_WORDS("days", "825", "N",
	  HELP("how long server's and client's certificates are valid")),
	  .type = OPT_INT, .at = offsetof(struct gencert, days),
	  .of.range = { 1, 36500 } },
	{ .name = OPT_WORDS("force", OPT_NONE, OPT_NONE,
	  HELP("overwrite server and client files (never the CA's)")),
	  .letter = 'f', .type = OPT_ON, .at = offsetof(struct gencert,
	  force) },
	RUN_HELP_ROWS,
	{ .name = NULL },
};

static void
gencert_help(FILE *out)
{
	fputs("usage: adit gencert [OPTIONS] NAME...\n"
	    HELP("       adit gencert [OPTIONS] client NAME...\n\n"
	    "Makes certificates for a server that is reached by the given "
	    "DNS names and IP\naddresses, and one for its clients:\n\n"
	    "  ca.pem, ca.key          the CA that signs both; an existing one "
	    "is used\n"
	    "  server.pem, server.key  for --cert and --key of the server\n"
	    "  client.pem, client.key  for --cert and --key of its clients, "
	    "if they need any\n\n"
	    "The second form makes NAME.pem and NAME.key with the CA in the "
	    "folder, for a\nclient that is called NAME.\n\n"
	    "Clients need ca.pem for --cafile. With ca.key anyone can make "
	    "certificates that\nthey trust: keep it secret.\n\n"), out);
	opt_help(options, out);
	fputs(HELP("\nexamples: adit gencert -d certs vpn.example.com "
	    "192.0.2.1\n"
	    "          adit gencert -d certs client alice\n"), out);
}

/* Writes DIR/name into path. */
static void
make_path(const struct gencert *g, const char *name, char path[PATH_TEXT])
{
	int n;

	if (strcmp(g->dir, ".") == 0)
		n = snprintf(path, PATH_TEXT, "%s", name);
	else
		n = snprintf(path, PATH_TEXT, "%s/%s", g->dir, name);
	if (n < 0 || n >= PATH_TEXT)
		die_usage("--dir %s: the path is too long", g->dir);
}

static bool
file_exists(const struct gencert *g, const char *name)
{
	char path[PATH_TEXT];
	FILE *f;

	make_path(g, name, path);
	f = fopen_reader(path, 0);
	if (f != NULL)
		fclose(f);
	return f != NULL;
}

/* Writes text to DIR/name; ends the program when that fails. */
static void
write_file(const struct gencert *g, const char *name, bool secret,
    const char *text)
{
	char path[PATH_TEXT];
	FILE *f;
	bool written;

	make_path(g, name, path);
	f = secret ? fopen_private(path) : fopen_output(path);
	if (f == NULL)
		die_system("%s", path);
	written = fputs(text, f) != EOF;
	if (fclose(f) != 0 || !written)
		die_system("%s", path);
}

static void
write_key(const struct gencert *g, const char *name,
    const struct certwrite_key *key)
{
	uint8_t der[CERTWRITE_MAX];
	char text[CERTWRITE_PEM];
	size_t n;

	n = certwrite_key_der(der, sizeof(der), key);
	if (n == 0 || certwrite_pem(text, sizeof(text), "PRIVATE KEY", der,
	    n) == 0)
		die_usage("%s: the key is too long", name);
	write_file(g, name, true, text);
	explicit_bzero(der, sizeof(der));
	explicit_bzero(text, sizeof(text));
}

/* Reads DIR/name, and allocates the space for decoding its text. */
static char *
read_file(const struct gencert *g, const char *name, size_t *len,
    struct pem_space *space)
{
	char path[PATH_TEXT];
	const char *why;
	char *text;

	make_path(g, name, path);
	text = file_read(path, CA_FILE_MAX, len, &why);
	if (text == NULL)
		die_usage("%s: %s", path, why);
	space->size = pem_space_for(*len);
	space->used = 0;
	space->base = xcalloc(1, space->size);
	return text;
}

static void
read_ca(const struct gencert *g, struct ca *ca)
{
	struct pem_trouble trouble;
	char *text, day[16];
	size_t len;

	text = read_file(g, "ca.pem", &len, &ca->chain_space);
	if (pem_read_chain(&ca->chain_space, text, len, &ca->chain,
	    &trouble) != 0)
		die_usage("%s/ca.pem: line %u: %s", g->dir, trouble.line,
		    pem_strerror(trouble.error));
	free(text);
	text = read_file(g, "ca.key", &len, &ca->key_space);
	if (pem_read_key(&ca->key_space, text, len, &ca->old_key,
	    &trouble) != 0)
		die_usage("%s/ca.key: line %u: %s", g->dir, trouble.line,
		    pem_strerror(trouble.error));
	explicit_bzero(text, len);
	free(text);
	if (!pem_key_fits(&ca->old_key, &ca->chain))
		die_usage("%s/ca.key does not belong to %s/ca.pem", g->dir,
		    g->dir);
	if (cert_read(&ca->cert, ca->chain.certs[0].data,
	    ca->chain.certs[0].data_len) != 0 || !ca->cert.ca ||
	    (ca->cert.has_key_usage &&
	    (ca->cert.key_usage & CERT_CERT_SIGN) == 0))
		die_usage("%s/ca.pem is not the certificate of a CA", g->dir);
	if (ca->cert.not_before_s > g->now_s) {
		cert_day_text(ca->cert.not_before_s, day);
		die_usage("%s/ca.pem is valid from %s on, and the clock is "
		    "before that; set the clock", g->dir, day);
	}
	if (ca->cert.not_after_s <= g->now_s)
		die_usage("%s/ca.pem has expired; move it and ca.key away to "
		    "get a new CA", g->dir);
	ca->issuer.key = &ca->old_key;
}

static void
make_ca(struct gencert *g, struct ca *ca)
{
	struct certwrite_wish wish;
	char name[64], text[CERTWRITE_PEM];
	uint8_t tag[4];
	size_t n;

	/* Each CA has a unique name: a peer that trusts an older one then
	 * reports an unknown CA and not a bad signature. */
	random_bytes(&g->random, tag, sizeof(tag));
	snprintf(name, sizeof(name), "Adit CA %02x%02x%02x%02x", tag[0], tag[1],
	    tag[2], tag[3]);
	certwrite_new_key(&g->random, &ca->new_key);
	memset(&wish, 0, sizeof(wish));
	wish.kind = CERTWRITE_CA;
	wish.common_name = name;
	wish.not_before_s = g->now_s - DAY_S;
	wish.not_after_s = g->now_s + (int64_t)CA_DAYS * DAY_S;
	if (g->days > CA_DAYS)
		wish.not_after_s = g->now_s + g->days * DAY_S;
	wish.subject = &ca->new_key;
	n = certwrite_cert(ca->new_der, sizeof(ca->new_der), &g->random, &wish);
	if (n == 0 || cert_read(&ca->cert, ca->new_der, n) != 0 ||
	    certwrite_pem(text, sizeof(text), "CERTIFICATE", ca->new_der,
	    n) == 0)
		die_usage("the CA's certificate cannot be made");
	write_key(g, "ca.key", &ca->new_key);
	write_file(g, "ca.pem", false, text);
	ca->issuer.key = &ca->new_key.key;
	ca->made = true;
}

/* Appends the CA's own certificate and its issuers', unless it is a root: a
 * peer that trusts only the root needs them.  Returns the new length. */
static size_t
add_chain(const struct ca *ca, char *text, size_t size, size_t at)
{
	size_t i, n;

	if (ca->made || cert_is_self_issued(&ca->cert))
		return at;
	for (i = 0; i < ca->chain.num; i++) {
		n = certwrite_pem(text + at, size - at, "CERTIFICATE",
		    ca->chain.certs[i].data, ca->chain.certs[i].data_len);
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

/* When a certificate ends: never after its CA. */
static int64_t
leaf_end_s(const struct gencert *g, const struct ca *ca)
{
	int64_t end_s = g->now_s + g->days * DAY_S;

	return end_s > ca->cert.not_after_s ? ca->cert.not_after_s : end_s;
}

/* Makes STEM.key and STEM.pem. */
static void
make_leaf(struct gencert *g, const struct ca *ca, enum certwrite_kind kind,
    const char *stem, const char *common_name)
{
	char file[CLIENT_NAME + 8], text[4 * CERTWRITE_PEM];
	struct certwrite_wish wish;
	struct certwrite_key key;
	uint8_t der[CERTWRITE_MAX];
	size_t n;

	certwrite_new_key(&g->random, &key);
	memset(&wish, 0, sizeof(wish));
	wish.kind = kind;
	wish.common_name = common_name;
	if (kind == CERTWRITE_SERVER) {
		wish.names = g->names;
		wish.num_names = (size_t)g->num_names;
	}
	/* A peer's clock may be slow: valid since yesterday. */
	wish.not_before_s = g->now_s - DAY_S;
	wish.not_after_s = leaf_end_s(g, ca);
	wish.subject = &key;
	wish.issuer = &ca->issuer;
	n = certwrite_cert(der, sizeof(der), &g->random, &wish);
	if (n == 0)
		die_usage("the certificate cannot be made: too many or too "
		    "long names");
	n = certwrite_pem(text, sizeof(text), "CERTIFICATE", der, n);
	add_chain(ca, text, sizeof(text), n);
	snprintf(file, sizeof(file), "%s.key", stem);
	write_key(g, file, &key);
	snprintf(file, sizeof(file), "%s.pem", stem);
	write_file(g, file, false, text);
	explicit_bzero(&key, sizeof(key));
}

/* Ends the program if one of a certificate's files is a symbolic link, or would
 * be overwritten without --force. */
static void
check_leaf_files(const struct gencert *g, const char *stem)
{
	static const char *const kinds[] = { "pem", "key" };
	char file[CLIENT_NAME + 8], path[PATH_TEXT];
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(file, sizeof(file), "%s.%s", stem, kinds[i]);
		make_path(g, file, path);
		if (path_is_link(path))
			die_usage("%s is a symbolic link; remove it, or name "
			    "the folder of the file that it is for", path);
		if (!g->force && file_exists(g, file))
			die_usage("%s/%s exists already; --force overwrites "
			    "it", g->dir, file);
	}
}

/* Makes the folder.  Ends the program if a file cannot be made there, or if
 * half of a CA exists. */
static void
check_files(const struct gencert *g)
{
	char path[PATH_TEXT];
	int i;

	if (make_dir(g->dir) != 0 && errno != EEXIST && errno != EISDIR)
		die_system("--dir %s", g->dir);
	if (file_exists(g, "ca.pem") != file_exists(g, "ca.key"))
		die_usage("--dir %s: only one of ca.pem and ca.key exists; "
		    "restore the other, or move it away", g->dir);
	make_path(g, "ca.pem", path);
	if (g->clients && !file_exists(g, "ca.pem"))
		die_usage("%s: there is no CA yet; make the server's "
		    "certificate first: adit gencert NAME", path);
	if (!g->clients) {
		check_leaf_files(g, "server");
		check_leaf_files(g, "client");
	}
	for (i = 0; g->clients && i < g->num_names; i++)
		check_leaf_files(g, g->names[i]);
}

/* May a client be called that?  It is the name of its files as well, on systems
 * that ignore case, too, and must not be cut. */
static bool
client_name_ok(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
	    "nopqrstuvwxyz0123456789._@-");

	return name[n] == '\0' && n > 0 && n <= CLIENT_NAME &&
	    name[0] != '.' && name[0] != '-' && !text_same_nocase(name, "ca") &&
	    !text_same_nocase(name, "server");
}

/* Ends the program if a client has the same files as one before it. */
static void
check_twice(const struct gencert *g, int client)
{
	int i;

	for (i = 0; i < client; i++)
		if (text_same_nocase(g->names[i], g->names[client]))
			die_usage("\"%s\" is the name of two clients",
			    g->names[client]);
}

/* Ends the program if a name is not one. */
static void
check_name_args(struct gencert *g)
{
	int i;

	if (g->num_names > 0 && strcmp(g->names[0], "client") == 0) {
		g->clients = true;
		g->num_names--;
		memmove(g->names, g->names + 1,
		    (size_t)g->num_names * sizeof(g->names[0]));
	}
	if (g->num_names == 0)
		die_usage(g->clients ? "no NAME: give the names of the "
		    "clients" : "no NAME: give the DNS names and IP "
		    "addresses by which clients reach the server");
	for (i = 0; i < g->num_names; i++) {
		if (g->clients && !client_name_ok(g->names[i]))
			die_usage("\"%s\" is no name for a client: at most %d "
			    "letters, digits, and \"._@-\", neither ca nor "
			    "server", g->names[i], CLIENT_NAME);
		if (g->clients)
			check_twice(g, i);
		if (!g->clients && !certwrite_name_ok(g->names[i]))
			die_usage("\"%s\" is neither a DNS name nor "
			    "an IP address", g->names[i]);
	}
}

/* Ends the program if the clock cannot be right: the certificates would be
 * valid at the wrong time. */
static void
check_clock(const struct gencert *g)
{
	char day[16];

	cert_day_text(g->now_s, day);
	if (g->now_s < CLOCK_LEAST_S)
		die_usage("the clock says %s, which is before this release; "
		    "set it first", day);
}

/* Prints what was made, and how to use it. */
static void
report(const struct gencert *g, const struct ca *ca, const char *client)
{
	const char *slash = strcmp(g->dir, ".") == 0 ? "" : "/";
	const char *dir = *slash == '\0' ? "" : g->dir;
	char subject[CERT_NAME_TEXT], names[CERT_NAMES_TEXT], day[16];
	char path[PATH_TEXT];
	struct pem_trouble trouble;
	struct pem_chain chain;
	struct pem_space space;
	struct cert cert;
	size_t len;
	char *text;

	cert_name_text(ca->cert.subject, subject, sizeof(subject));
	cert_day_text(ca->cert.not_after_s, day);
	make_path(g, "ca.pem", path);
	printf("%s ca.pem, ca.key: \"%s\", until %s\n",
	    ca->made ? "made" : "used", subject, day);
	text = read_file(g, "server.pem", &len, &space);
	if (pem_read_chain(&space, text, len, &chain, &trouble) == 0 &&
	    cert_read(&cert, chain.certs[0].data,
	    chain.certs[0].data_len) == 0) {
		cert_day_text(cert.not_after_s, day);
		cert_names_text(&cert, names, sizeof(names));
		printf("made server.pem, server.key: for %s, until %s\n"
		    "made client.pem, client.key: named %s, until %s\n",
		    names, day, client, day);
	}
	free(text);
	free(space.base);
	printf("\nOn the server, with the target's host and port (-C accepts "
	    "only clients with a\ncertificate of this CA):\n"
	    "  adit uotp-server -p 443 -c %s%sserver.pem -k %s%sserver.key "
	    "[-C %s%sca.pem] \\\n      127.0.0.1 51820\n",
	    dir, slash, dir, slash, dir, slash);
	printf("On a client, with ca.pem (and client.pem and client.key):\n"
	    "  adit uotp-client -C %s%sca.pem [-c %s%sclient.pem "
	    "-k %s%sclient.key] \\\n      %s 443\n",
	    dir, slash, dir, slash, dir, slash,
	    g->names[0][0] == '*' ? "SERVER-HOST" : g->names[0]);
}

/* Makes the certificates of clients that have names. */
static void
make_clients(struct gencert *g, const struct ca *ca)
{
	char day[16];
	int i;

	cert_day_text(leaf_end_s(g, ca), day);
	for (i = 0; i < g->num_names; i++) {
		make_leaf(g, ca, CERTWRITE_CLIENT, g->names[i], g->names[i]);
		printf("made %s.pem, %s.key: named %s, until %s\n",
		    g->names[i], g->names[i], g->names[i], day);
	}
}

/* Makes those of the server and of a client with a random name. */
static void
make_pair(struct gencert *g, const struct ca *ca)
{
	uint8_t tag[4];
	char name[32];

	make_leaf(g, ca, CERTWRITE_SERVER, "server", g->names[0]);
	random_bytes(&g->random, tag, sizeof(tag));
	snprintf(name, sizeof(name), "client-%02x%02x%02x%02x", tag[0], tag[1],
	    tag[2], tag[3]);
	make_leaf(g, ca, CERTWRITE_CLIENT, "client", name);
	report(g, ca, name);
}

static int
gencert_main(int argc, char **argv)
{
	static struct gencert g;
	static struct ca ca;
	struct opt_error error;

	log_set_name("gencert");
	opt_presets(options, &g);
	switch (opt_args(options, &g, argc, argv, g.names, NAMES_MAX,
	    &g.num_names, &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		gencert_help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		run_usage(&cmd_gencert, error.text);
	}
	check_name_args(&g);
	g.now_s = clock_wall_s();
	check_clock(&g);
	if (random_init(&g.random) != 0)
		die_system("the system has no source of random numbers");
	check_files(&g);
	ca.issuer.cert = &ca.cert;
	if (file_exists(&g, "ca.pem"))
		read_ca(&g, &ca);
	else
		make_ca(&g, &ca);
	if (g.clients)
		make_clients(&g, &ca);
	else
		make_pair(&g, &ca);
	pem_space_wipe(&ca.key_space);
	free(ca.key_space.base);
	free(ca.chain_space.base);
	explicit_bzero(&ca, sizeof(ca));
	return 0;
}

static const char *const gencert_words[] = { "client", NULL };

const struct cmd cmd_gencert = {
	"gencert", gencert_main, "make throw-away or private certificates",
	gencert_help,
	options, gencert_words
};
