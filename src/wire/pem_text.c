/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The text layer of PEM: finds the blocks of one kind and decodes their base64.
 *
 * NOTES.  The text is read by lines.  Blocks of other kinds are skipped
 * undecoded, so that certificates can be read beside a damaged key.  A byte
 * order mark before a BEGIN is text before it.
 */

#include "compat.h"

#include "wire/pem_text.h"

#include "base/text.h"

int
pem_fail(struct pem_trouble *trouble, enum pem_error error, unsigned line)
{
	trouble->error = error;
	trouble->line = line;
	return -1;
}

static bool
char_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Finds word in n bytes; NULL when it is not there. */
static const char *
find_word(const char *text, size_t n, const char *word)
{
	size_t len = strlen(word);

	for (; n >= len; text++, n--)
		if (memcmp(text, word, len) == 0)
			return text;
	return NULL;
}

/* Cuts a line of n bytes before a BEGIN or END in it, or behind one that it
 * begins with: where files were joined, a line break may be missing.  Returns
 * the bytes of the first part. */
static size_t
cut_at_fence(const char *text, size_t n)
{
	const char *begin = find_word(text, n, "-----BEGIN ");
	const char *end = find_word(text, n, "-----END "), *at;

	at = begin == NULL || (end != NULL && end < begin) ? end : begin;
	if (at == NULL)
		return n;
	if (at > text)
		return (size_t)(at - text);
	at = find_word(text + 5, n - 5, "-----");
	return at == NULL ? n : (size_t)(at - text) + 5;
}

/* Reads the next line, without blanks around it; false at the end.  A line with
 * a BEGIN or END that is not alone is read as several, of one number. */
static bool
scan_next_line(struct pem_scan *s, struct pem_line *line)
{
	const char *end;
	size_t n;

	if (s->at >= s->len)
		return false;
	if (s->at == 0 || s->text[s->at - 1] == '\n')
		s->line++;
	line->text = s->text + s->at;
	end = memchr(line->text, '\n', s->len - s->at);
	n = end == NULL ? s->len - s->at : (size_t)(end - line->text);
	line->len = cut_at_fence(line->text, n);
	s->at += line->len + (line->len == n && end != NULL);
	while (line->len > 0 && char_is_blank(line->text[line->len - 1]))
		line->len--;
	while (line->len > 0 && char_is_blank(line->text[0])) {
		line->text++;
		line->len--;
	}
	return true;
}

/* Does the line consist of word, a label and "-----"?  Then sets *label. */
static bool
line_is_fence(struct pem_line line, const char *word, struct pem_line *label)
{
	size_t n = strlen(word);

	if (line.len < n + 5 || memcmp(line.text, word, n) != 0 ||
	    memcmp(line.text + line.len - 5, "-----", 5) != 0)
		return false;
	label->text = line.text + n;
	label->len = line.len - n - 5;
	return true;
}

/* Is it a BEGIN that does not end as one? */
static bool
line_is_bad_begin(struct pem_line line)
{
	static const char begin[] = "-----BEGIN ";
	struct pem_line label;

	return line.len >= sizeof(begin) - 1 &&
	    memcmp(line.text, begin, sizeof(begin) - 1) == 0 &&
	    !line_is_fence(line, begin, &label);
}

bool
pem_label_is(struct pem_line label, const char *word)
{
	return label.len == strlen(word) &&
	    memcmp(label.text, word, label.len) == 0;
}

static bool
label_is_wanted(struct pem_line label, enum pem_block_kind kind)
{
	static const char tail[] = "PRIVATE KEY";
	size_t n = sizeof(tail) - 1;

	switch (kind) {
	case PEM_BLOCK_CERT:
		return pem_label_is(label, "CERTIFICATE") ||
		    pem_label_is(label, "X509 CERTIFICATE") ||
		    pem_label_is(label, "TRUSTED CERTIFICATE");
	case PEM_BLOCK_KEY:
		return label.len >= n &&
		    memcmp(label.text + label.len - n, tail, n) == 0;
	}
	return false;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The state of base64 between lines. */
struct base64 {
	uint32_t bits;			/* of the current group of four */
	unsigned chars;			/* of that group */
	unsigned pads;			/* '=' seen: only '=' may follow */
};

/* Decodes a line to the end of the block, which has room bytes in all; PEM_OK
 * or the error. */
static enum pem_error
base64_line(struct base64 *b, struct pem_line line, struct pem_block *block,
    size_t room)
{
	unsigned i, bytes;
	size_t at;
	int v;

	for (at = 0; at < line.len; at++) {
		if (char_is_blank(line.text[at]))
			continue;
		v = base64_value(line.text[at]);
		if (line.text[at] == '=' && b->chars >= 2)
			b->pads++;
		else if (v < 0 || b->pads > 0)
			return PEM_BAD_BASE64;
		b->bits = b->bits << 6 | (uint32_t)(v < 0 ? 0 : v);
		if (++b->chars < 4)
			continue;
		bytes = 3 - b->pads;
		if (bytes > room - block->len)
			return PEM_NO_SPACE;
		for (i = 0; i < bytes; i++)
			block->der[block->len++] =
			    (uint8_t)(b->bits >> (16 - 8 * i));
		b->chars = 0;
	}
	return PEM_OK;
}

/* Decodes the lines up to the END of the block; PEM_OK or the error. */
static enum pem_error
scan_block_body(struct pem_scan *s, struct pem_space *space,
    struct pem_block *block)
{
	struct base64 b = { 0, 0, 0 };
	size_t room = space->size - space->used;
	enum pem_error error;
	struct pem_line line, label;

	block->der = space->base + space->used;
	block->len = 0;
	block->encrypted = false;
	while (scan_next_line(s, &line)) {
		if (line_is_fence(line, "-----END ", &label))
			return b.chars == 0 ? PEM_OK : PEM_BAD_BASE64;
		if (line.len >= 5 && memcmp(line.text, "-----", 5) == 0)
			break;		/* a new block, or a damaged END */
		if (memchr(line.text, ':', line.len) != NULL) {
			if (find_word(line.text, line.len, "ENCRYPTED") != NULL)
				block->encrypted = true;
			continue;	/* a header, RFC 1421 */
		}
		if (block->encrypted)
			continue;
		error = base64_line(&b, line, block, room);
		if (error != PEM_OK)
			return error;
	}
	return PEM_UNFINISHED;
}

int
pem_next_block(struct pem_scan *s, struct pem_space *space,
    enum pem_block_kind kind, struct pem_block *block,
    struct pem_trouble *trouble)
{
	enum pem_error error;
	struct pem_line line;

	while (scan_next_line(s, &line)) {
		if (line_is_bad_begin(line))
			return pem_fail(trouble, PEM_BAD_BEGIN, s->line);
		if (!line_is_fence(line, "-----BEGIN ", &block->label) ||
		    !label_is_wanted(block->label, kind))
			continue;
		block->line = s->line;
		error = scan_block_body(s, space, block);
		if (error == PEM_UNFINISHED)
			return pem_fail(trouble, error, block->line);
		if (error != PEM_OK)
			return pem_fail(trouble, error, s->line);
		return 1;
	}
	return 0;
}

size_t
pem_count_blocks(const char *text, size_t len, enum pem_block_kind kind)
{
	struct pem_scan s = { text, len, 0, 0 };
	struct pem_line line, label;
	size_t n = 0;

	while (scan_next_line(&s, &line))
		n += line_is_fence(line, "-----BEGIN ", &label) &&
		    label_is_wanted(label, kind);
	return n;
}

int
pem_none_found(const char *text, size_t len, enum pem_error error,
    struct pem_trouble *trouble)
{
	if (text_is_utf16(text, len))
		error = PEM_UTF16;
	else if (len > 2 && text[0] == 0x30 && ((text[1] & 0x80) != 0 ||
	    memchr(text, '\0', len) != NULL))
		error = PEM_NOT_PEM;
	return pem_fail(trouble, error, 0);
}

size_t
pem_cut_cert(const char *text, size_t len, size_t *from)
{
	struct pem_scan s = { text, len, 0, 0 };
	struct pem_line line, label;
	bool inside = false;
	size_t begin;

	*from = 0;
	for (begin = 0; scan_next_line(&s, &line); begin = s.at) {
		if (s.at == len && text[len - 1] != '\n')
			break;		/* the line is not complete */
		if (!inside) {
			inside = line_is_fence(line, "-----BEGIN ", &label) &&
			    label_is_wanted(label, PEM_BLOCK_CERT);
			*from = inside ? begin : s.at;
			if (line_is_bad_begin(line)) {
				*from = begin;
				return s.at;	/* cannot be read */
			}
		} else if (line_is_fence(line, "-----END ", &label)) {
			return s.at;
		} else if (line.len >= 5 &&
		    memcmp(line.text, "-----", 5) == 0) {
			return begin;	/* a new block: the END is missing */
		}
	}
	return 0;
}
