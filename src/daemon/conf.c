/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads the text of configuration files.
 */

#include "compat.h"

#include "daemon/conf.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/opt.h"
#include "base/text.h"

enum {
	SHOWN = 60,		/* bytes of a word in a fault */
	SHOWN_TEXT = 4 * SHOWN + 4,	/* holds it quoted */
	PATH_SIZE = 4096,	/* holds the path of an included file */
};

static const char blanks[] = " \t";

/* Of which names of tunnels and keys consist. */
static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

/* A text that others point into. */
struct conf_text {
	struct conf_text *next;	/* NULL: the last one */
	size_t size;		/* of bytes, NUL included */
	char bytes[];		/* the text */
};

/* A file that is being read. */
struct reader {
	struct conf *conf;
	const char *file;	/* its name */
	unsigned line;		/* that is being read, from 1 */
	bool nested;		/* it may not include others */
	bool inside;		/* a section has begun */
};

/*
 * Memory
 */

/* A copy of len bytes, and a NUL, that lives as long as the configuration. */
static char *
conf_keep(struct conf *c, const char *text, size_t len)
{
	struct conf_text *t = xcalloc(1, sizeof(*t) + len + 1);

	memcpy(t->bytes, text, len);
	t->size = len + 1;
	t->next = c->texts;
	c->texts = t;
	return t->bytes;
}

void
conf_wipe(struct conf *c)
{
	struct conf_text *t;

	for (t = c->texts; t != NULL; t = t->next)
		explicit_bzero(t->bytes, t->size);
}

void
conf_free(struct conf *c)
{
	struct conf_text *t, *next;
	size_t i;

	conf_wipe(c);
	for (t = c->texts; t != NULL; t = next) {
		next = t->next;
		free(t);
	}
	for (i = 0; i < c->n_sections; i++)
		free(c->sections[i].keys);
	free(c->sections);
	free(c->includes);
	faults_free(&c->faults);
	memset(c, 0, sizeof(*c));
}

/* Grows an array, which has n entries, before one is added: there is room for
 * 1, 2, 4, ... of them. */
static void *
array_grow(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return xrealloc(array, n == 0 ? 1 : 2 * n, size);
}

/* Adds a key to a list. */
static void
keys_add(struct conf_key **keys, size_t *n, const char *name, char *value,
    unsigned line)
{
	struct conf_key *key;

	*keys = array_grow(*keys, *n, sizeof(**keys));
	key = &(*keys)[(*n)++];
	key->name = name;
	key->value = value;
	key->line = line;
}

/*
 * Lines
 */

/* Writes the first bytes of a word for a fault. */
static const char *
show(const char *word, char shown[SHOWN_TEXT])
{
	size_t len = strlen(word);
	struct text t;

	text_init(&t, shown, SHOWN_TEXT);
	text_add_quoted(&t, word, len < SHOWN ? len : SHOWN);
	if (len > SHOWN)
		text_add(&t, "...");
	return shown;
}

/* Cuts a comment that follows a value and a blank, in place.  A `#` between
 * quotes begins none; without the second quote nothing is cut. */
static void
cut_comment(char *value)
{
	char *p = value;

	if (*p == '"') {
		p = strchr(p + 1, '"');
		p = p == NULL ? value + strlen(value) : p + 1;
	}
	for (; *p != '\0'; p++) {
		if (*p == '#' && (p == value ||
		    strchr(blanks, p[-1]) != NULL)) {
			*p = '\0';
			return;
		}
	}
}

/* Is it a name for a tunnel, which appears in logs, paths and metrics? */
static bool
name_is_good(const char *name)
{
	size_t n = strspn(name, name_bytes);

	return n > 0 && n <= CONF_NAME && name[n] == '\0' && *name != '-' &&
	    *name != '.';
}

/* Adds the fault of a head whose first word is no kind of section. */
static void
head_unknown(struct reader *r, const char *word)
{
	char shown[SHOWN_TEXT];
	struct nearest guess;

	nearest_begin(&guess, word, strlen(word));
	nearest_try(&guess, "tunnel");
	nearest_try(&guess, "defaults");
	nearest_try(&guess, "daemon");
	if (guess.best != NULL)
		faults_add(&r->conf->faults, r->file, r->line, "[%s]: no such "
		    "section; did you mean [%s%s]?", show(word, shown),
		    guess.best, strcmp(guess.best, "tunnel") == 0 ? " NAME" :
		    "");
	else
		faults_add(&r->conf->faults, r->file, r->line, "[%s]: no such "
		    "section; there are [tunnel NAME], [defaults] and "
		    "[daemon]", show(word, shown));
}

/* Reads what stands between the brackets of a head: the kind and, of a tunnel,
 * its name.  CONF_WRONG after a fault. */
static enum conf_kind
head_read(struct reader *r, char *words, const char **name)
{
	struct faults *faults = &r->conf->faults;
	size_t n = strcspn(words, blanks);
	char *rest = words + n + strspn(words + n, blanks);
	char shown[SHOWN_TEXT];

	*name = "";
	words[n] = '\0';
	if (strcmp(words, "tunnel") == 0) {
		*name = rest;
		if (name_is_good(rest))
			return CONF_TUNNEL;
		if (*rest == '\0')
			faults_add(faults, r->file, r->line, "[tunnel]: the "
			    "name is missing: write [tunnel NAME]");
		else
			faults_add(faults, r->file, r->line, "[tunnel %s]: "
			    "a name has 1 to %d letters, digits and any of "
			    "-_. and begins with none of - and .",
			    show(rest, shown), CONF_NAME);
		return CONF_WRONG;
	}
	if (strcmp(words, "defaults") != 0 && strcmp(words, "daemon") != 0) {
		head_unknown(r, words);
		return CONF_WRONG;
	}
	if (*rest != '\0') {
		faults_add(faults, r->file, r->line, "[%s]: this section has "
		    "no name: write [%s]", words, words);
		return CONF_WRONG;
	}
	return words[1] == 'e' ? CONF_DEFAULTS : CONF_DAEMON;
}

/* Adds a fault if there is a section of that kind and name. */
static void
head_check_twice(struct reader *r, enum conf_kind kind, const char *name)
{
	const struct conf *c = r->conf;
	const struct conf_section *s;
	size_t i;

	for (i = 0; i < c->n_sections; i++) {
		s = &c->sections[i];
		if (kind == CONF_WRONG || s->kind != kind ||
		    strcmp(s->name, name) != 0)
			continue;
		faults_add(&r->conf->faults, r->file, r->line, "this section "
		    "is there already, in line %u of %s; %s", s->line, s->file,
		    kind == CONF_TUNNEL ? "give each tunnel a name of its own" :
		    "put both together");
		return;
	}
}

/* Reads a line that begins with "[", the head of a section. */
static void
line_read_head(struct reader *r, char *line)
{
	struct conf *c = r->conf;
	struct conf_section *s;
	const char *name = "";
	enum conf_kind kind = CONF_WRONG;
	size_t n;

	cut_comment(line);
	for (n = strlen(line); strchr(blanks, line[n - 1]) != NULL; n--)
		;
	if (line[n - 1] == ']') {
		while (strchr(blanks, line[--n - 1]) != NULL)
			;
		line[n] = '\0';
		line++;
		kind = head_read(r, line + strspn(line, blanks), &name);
	} else {
		faults_add(&c->faults, r->file, r->line, "the ] is missing: "
		    "a section begins with [tunnel NAME], [defaults] or "
		    "[daemon]");
	}
	head_check_twice(r, kind, name);
	c->sections = array_grow(c->sections, c->n_sections, sizeof(*s));
	s = &c->sections[c->n_sections++];
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	s->name = name;
	s->file = r->file;
	s->line = r->line;
	s->keys = xcalloc(1, sizeof(*s->keys));
	r->inside = true;
}

/* Keeps the line `include = PATTERN`. */
static void
line_read_include(struct reader *r, const struct conf_section *s,
    char *value)
{
	struct conf *c = r->conf;

	if (r->nested)
		faults_add(&c->faults, r->file, r->line, "include: this file "
		    "is included itself, and may not include others");
	else if (s != NULL && s->kind != CONF_DAEMON)
		faults_add(&c->faults, r->file, r->line, "include: write this "
		    "above the first section, or in [daemon]");
	else
		keys_add(&c->includes, &c->n_includes, "include", value,
		    r->line);
}

/* Reads a line KEY = VALUE. */
static void
line_read_key(struct reader *r, char *line)
{
	struct conf *c = r->conf;
	struct conf_section *s = !r->inside ? NULL :
	    &c->sections[c->n_sections - 1];
	char *equals = strchr(line, '='), *key, *value;
	const char *why;

	if (equals != NULL)
		cut_comment(equals + 1 + strspn(equals + 1, blanks));
	if (opt_read_line(line, &key, &value, &why) != 1) {
		faults_add(&c->faults, r->file, r->line, "%s%s", why,
		    equals == NULL ? ", or [tunnel NAME]" : "");
	} else if (strspn(key, name_bytes) != strlen(key) ||
	    strlen(key) > CONF_NAME) {
		faults_add(&c->faults, r->file, r->line, "before the = is no "
		    "key: it has letters, digits, - and . and at most %d of "
		    "them", CONF_NAME);
	} else if (strcmp(key, "include") == 0) {
		line_read_include(r, s, value);
	} else if (s == NULL) {
		faults_add(&c->faults, r->file, r->line, "%s: it is in no "
		    "section: write [tunnel NAME], [defaults] or [daemon] "
		    "above it", key);
	} else if (s->n_keys == CONF_KEYS) {
		faults_add(&c->faults, r->file, r->line, "this section has "
		    "more than %d keys", CONF_KEYS);
	} else {
		keys_add(&s->keys, &s->n_keys, key, value, r->line);
	}
}

/* Reads a line of n bytes that a NUL follows. */
static void
line_read(struct reader *r, char *line, size_t n)
{
	struct faults *faults = &r->conf->faults;
	const char *p;

	if (n > 0 && line[n - 1] == '\r')
		line[--n] = '\0';
	if (n > CONF_LINE) {
		faults_add(faults, r->file, r->line, "the line has %lu bytes; "
		    "at most %d are read", (unsigned long)n, CONF_LINE);
		return;
	}
	for (p = line; p < line + n; p++) {
		if ((unsigned char)*p >= ' ' || *p == '\t')
			continue;
		if (*p == '\0')
			faults_add(faults, r->file, r->line, "the line has a "
			    "zero byte: this is no text file");
		else
			faults_add(faults, r->file, r->line, "the line has a "
			    "control character; in quotes it is written "
			    "\\x%02x", (unsigned)*p);
		return;
	}
	line += strspn(line, blanks);
	if (*line == '[')
		line_read_head(r, line);
	else if (*line != '\0' && *line != '#' && *line != ';')
		line_read_key(r, line);
}

void
conf_parse(struct conf *c, const char *file, const char *text, size_t len,
    bool nested)
{
	struct reader r = { c, conf_keep(c, file, strlen(file)), 0, nested,
	    false };
	char *line, *end, *next;

	if (text_is_utf16(text, len)) {
		faults_add(&c->faults, r.file, 0, "the file is in UTF-16, "
		    "which some editors call Unicode; save it as UTF-8");
		return;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	line = conf_keep(c, text, len);
	for (end = line + len; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL)
			next = end;
		*next = '\0';
		r.line++;
		line_read(&r, line, (size_t)(next - line));
	}
}

/*
 * Files
 */

/* Reads one file. */
static void
conf_read_file(struct conf *c, const char *path, bool nested)
{
	struct fault f;
	const char *why;
	char *text;
	size_t len;

	text = file_read(path, CONF_SIZE, &len, &why);
	if (text == NULL) {
		(void)fault_open(&f, NULL, path, errno, "%s", why);
		faults_add_fault(&c->faults, &f);
		return;
	}
	conf_parse(c, path, text, len, nested);
	explicit_bzero(text, len);
	free(text);
}

/* Does a name match a pattern, in which * is any text?  Each * takes as little
 * as it can: on a mismatch only the last one has to take more. */
static bool
name_matches(const char *name, const char *pattern)
{
	const char *star = NULL, *from = NULL;

	while (*name != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			from = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star + 1;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* For qsort(): by bytes, as LC_ALL=C ls. */
static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lists the files of a folder whose names match; *n of them, sorted.  The
 * caller frees the names and the list.  NULL and errno if the folder cannot be
 * read. */
static char **
list_files(const char *folder, const char *pattern, size_t *n)
{
	struct file_names *all = file_names_open(folder);
	const char *name;
	char **names;

	*n = 0;
	if (all == NULL)
		return NULL;
	names = xcalloc(1, sizeof(*names));
	/* Hidden ones are the business of editors and packagers. */
	while (*n <= CONF_FILES && (name = file_names_next(all)) != NULL) {
		if (!name_matches(name, pattern))
			continue;
		names = xrealloc(names, *n + 2, sizeof(*names));
		names[(*n)++] = xstrdup(name);
	}
	file_names_close(all);
	qsort(names, *n, sizeof(*names), compare_names);
	return names;
}

/* The length of the folder in a path, the last slash included. */
static size_t
folder_len(const char *path)
{
	const char *p, *end = path;

	for (p = path; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			end = p + 1;
	return (size_t)(end - path);
}

/* Does a path begin at the root, of a drive perhaps? */
static bool
path_is_absolute(const char *path)
{
	return *path == '/' || *path == '\\' ||
	    (*path != '\0' && path[1] == ':');
}

/* Includes the files of a folder ("" or with a slash at its end) that match. */
static void
include_folder(struct conf *c, const char *file, const struct conf_key *key,
    const char *folder, const char *pattern)
{
	char path[PATH_SIZE], **names;
	size_t n, i;

	names = list_files(folder, pattern, &n);
	if (names == NULL && errno == ENOENT)
		return;		/* a package may bring it later */
	if (names == NULL) {
		faults_add(&c->faults, file, key->line, "include: %s: %s",
		    folder, strerror(errno));
		return;
	}
	if (n > CONF_FILES)
		faults_add(&c->faults, file, key->line, "include: %s has more "
		    "than %d such files", folder, CONF_FILES);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s%s", folder, names[i]);
		if (n <= CONF_FILES)
			conf_read_file(c, path, true);
		free(names[i]);
	}
	free(names);
}

/* Includes what the value of a key names.  A name without * must be there; a
 * pattern may match nothing, and its folder may be missing. */
static void
include_files(struct conf *c, const char *file, const struct conf_key *key)
{
	char path[PATH_SIZE], pattern[PATH_SIZE];
	size_t n;
	int len;

	len = snprintf(path, sizeof(path), "%.*s%s",
	    path_is_absolute(key->value) ? 0 : (int)folder_len(file), file,
	    key->value);
	n = folder_len(path);
	if (*key->value == '\0' || len < 0 || (size_t)len >= sizeof(path))
		faults_add(&c->faults, file, key->line, "include: the path of "
		    "a file is missing, or too long");
	else if (memchr(key->value, '*', folder_len(key->value)) != NULL)
		faults_add(&c->faults, file, key->line, "include: * is only "
		    "allowed in the name of the file, not in its folder");
	else if (strchr(path + n, '*') == NULL)
		conf_read_file(c, path, true);
	else {
		strlcpy(pattern, path + n, sizeof(pattern));
		path[n] = '\0';
		include_folder(c, file, key, path, pattern);
	}
}

void
conf_read(struct conf *c, const char *path)
{
	size_t i;

	conf_read_file(c, path, false);
	for (i = 0; i < c->n_includes; i++)
		include_files(c, path, &c->includes[i]);
}
