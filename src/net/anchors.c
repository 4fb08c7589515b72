/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Trust anchors that stay in their file.
 *
 * NOTES.  The file is read through a window that holds the longest block that
 * is allowed; text that was examined is removed from it.
 */

#include "compat.h"

#include "net/anchors.h"

#include "base/alloc.h"
#include "base/text.h"
#include "wire/tls_verify.h"

enum { FIRST_PLACES = 64 };

/* A walk through a file. */
struct window {
	FILE *file;
	char *text;		/* ANCHORS_BLOCK_MAX bytes */
	size_t len;		/* bytes in use */
	uint32_t at;		/* offset of the window in the file */
	unsigned lines;		/* of the file before the window */
	bool end;		/* the file has no more */
	struct pem_space space;	/* to decode a block */
};

static uint32_t
anchors_hash(const struct anchors *a, const void *p, size_t n)
{
	return (uint32_t)table_hash(a->seed, p, n);
}

/* Reads the certificate at a place into *one, which uses room; -1 when it
 * cannot be read or the file was changed there. */
static int
anchors_read(const struct anchors *a, const struct anchor_place *p,
    struct pem_space *room, struct pem_anchors *one)
{
	struct pem_trouble trouble;
	char *text = malloc(p->len);
	int r = -1;

	if (text != NULL && fseek(a->file, (long)p->at, SEEK_SET) == 0 &&
	    fread(text, 1, p->len, a->file) == p->len &&
	    anchors_hash(a, text, p->len) == p->text) {
		r = pem_read_anchors(room, text, p->len, one, &trouble);
		/* So many anchors have this name that they fill the room: those
		 * that were read must suffice. */
		if (r != 0 && trouble.error == PEM_NO_SPACE) {
			memset(one, 0, sizeof(*one));
			r = 0;
		}
	}
	free(text);
	return r;
}

/* Finds anchors by reading those whose subject has the right hash. */
static int
anchors_find_in_file(const struct pem_anchors *anchors, struct slice issuer,
    struct slice subject, struct pem_space *room, struct slice *out, size_t max)
{
	const struct anchors *a = (const struct anchors *)anchors;
	uint32_t issuer_hash = anchors_hash(a, issuer.data, issuer.len);
	uint32_t subject_hash = subject.len == 0 ? issuer_hash :
	    anchors_hash(a, subject.data, subject.len);
	struct pem_anchors one;
	size_t i, n = 0;

	for (i = 0; i < a->pem.num && n < max; i++) {
		if (a->places[i].subject != issuer_hash &&
		    a->places[i].subject != subject_hash)
			continue;
		if (anchors_read(a, &a->places[i], room, &one) != 0)
			return -1;
		n += (size_t)anchors_find(&one, issuer, subject, room,
		    out + n, max - n);
	}
	return (int)n;
}

/* Adds a certificate to the index. */
static void
anchors_add(struct anchors *a, const br_x500_name *subject, uint32_t at,
    const char *text, size_t len)
{
	struct anchor_place *p;
	size_t n = a->pem.num;

	/* The array is full at each power of two from FIRST_PLACES on. */
	if (n == 0 || (n >= FIRST_PLACES && (n & (n - 1)) == 0))
		a->places = xrealloc(a->places, n == 0 ? FIRST_PLACES : 2 * n,
		    sizeof(*a->places));
	p = &a->places[a->pem.num++];
	p->subject = anchors_hash(a, subject->data, subject->len);
	p->text = anchors_hash(a, text, len);
	p->at = at;
	p->len = (uint16_t)len;
}

/* Fills the window; false when the file cannot be read. */
static bool
window_fill(struct window *w, const char **why)
{
	errno = 0;
	w->len += fread(w->text + w->len, 1, ANCHORS_BLOCK_MAX - w->len,
	    w->file);
	if (ferror(w->file)) {
		*why = errno != 0 ? strerror(errno) : "read error";
		return false;
	}
	if (w->len < ANCHORS_BLOCK_MAX && !w->end) {
		/* The last line may lack its newline. */
		w->end = true;
		w->text[w->len++] = '\n';
	}
	return true;
}

/* Removes the first n bytes from the window. */
static void
window_advance(struct window *w, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		w->lines += w->text[i] == '\n';
	w->len -= n;
	w->at += (uint32_t)n;
	memmove(w->text, w->text + n, w->len);
}

/* Indexes the block in the first n bytes of the window and removes them; -1 and
 * trouble when they are not a valid block. */
static int
window_take(struct window *w, struct anchors *a, size_t n,
    struct pem_trouble *trouble)
{
	struct pem_anchors one;

	w->space.used = 0;
	if (pem_read_anchors(&w->space, w->text, n, &one, trouble) == 0) {
		/* In the file, the newline of the last line may be missing. */
		anchors_add(a, &one.names[0], w->at, w->text,
		    w->text[n - 1] == '\n' ? n - 1 : n);
	} else if (trouble->error == PEM_CERT_TYPE) {
		a->pem.skipped++;
	} else {
		if (trouble->line != 0)
			trouble->line += w->lines;
		return -1;
	}
	window_advance(w, n);
	return 0;
}

/* Indexes the file; 0, or -1 as anchors_open(). */
static int
window_walk(struct window *w, struct anchors *a, struct pem_trouble *trouble,
    const char **why)
{
	size_t n, from;

	if (!window_fill(w, why))
		return -1;
	if (text_is_utf16(w->text, w->len))
		return pem_fail(trouble, PEM_UTF16, 0);
	for (;;) {
		n = pem_cut_cert(w->text, w->len, &from);
		window_advance(w, from);
		if (n > 0)
			n -= from;
		else if (w->end || w->len == ANCHORS_BLOCK_MAX)
			n = w->len;	/* invalid: window_take() reports why */
		if (n > 0 && window_take(w, a, n, trouble) != 0)
			return -1;
		if (w->end && w->len == 0)
			return 0;
		if (w->at > ANCHORS_FILE_MAX) {
			*why = "the file is larger than 8 MiB";
			return -1;
		}
		if (n == 0 && !window_fill(w, why))
			return -1;
	}
}

int
anchors_open(struct anchors *a, FILE *file, const uint8_t seed[TABLE_SEED],
    struct pem_trouble *trouble, const char **why)
{
	struct window w = { 0 };
	int r;

	memset(a, 0, sizeof(*a));
	a->pem.find = anchors_find_in_file;
	a->file = file;
	memcpy(a->seed, seed, sizeof(a->seed));
	*why = NULL;
	w.file = file;
	w.text = xcalloc(1, ANCHORS_BLOCK_MAX);
	w.space.size = pem_space_for(ANCHORS_BLOCK_MAX);
	w.space.base = xcalloc(1, w.space.size);
	r = window_walk(&w, a, trouble, why);
	if (r == 0 && a->pem.num == 0) {
		trouble->error = a->pem.skipped > 0 ? PEM_CERT_TYPE :
		    PEM_NO_CERT;
		trouble->line = 0;
		r = -1;
	}
	free(w.text);
	free(w.space.base);
	if (r != 0) {
		anchors_close(a);
		return -1;
	}
	a->places = xrealloc(a->places, a->pem.num, sizeof(*a->places));
	return 0;
}

void
anchors_close(struct anchors *a)
{
	if (a->file != NULL)
		fclose(a->file);
	free(a->places);
	memset(a, 0, sizeof(*a));
}
