/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The text layer of PEM: finds the blocks of one kind and decodes their base64.
 *
 * NOTES.  The text is read by lines.  Blocks of other kinds are skipped
 * undecoded, so that certificates can be read beside a damaged key.
 */

#include "compat.h"

#include "wire/pem_text.h"

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

/* Reads the next line, without blanks around it; false at the end. */
static bool
scan_next_line(struct pem_scan *s, struct pem_line *line)
{
	const char *end;

	if (s->at >= s->len)
		return false;
	line->text = s->text + s->at;
	end = memchr(line->text, '\n', s->len - s->at);
	line->len = end == NULL ? s->len - s->at :
	    (size_t)(end - line->text);
	s->at += line->len + (end != NULL);
	s->line++;
	while (line->len > 0 && char_is_blank(line->text[line->len - 1]))
		line->len--;
	while (line->len > 0 && char_is_blank(line->text[0])) {
		line->text++;
		line->len--;
	}
	return true;
}

static bool
line_has(struct pem_line line, const char *word)
{
	size_t n = strlen(word), i;

	for (i = 0; i + n <= line.len; i++)
		if (memcmp(line.text + i, word, n) == 0)
			return true;
	return false;
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
			if (line_has(line, "ENCRYPTED"))
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
		if (s->line == 1 && line.len > 3 &&
		    memcmp(line.text, "\xef\xbb\xbf", 3) == 0) {
			line.text += 3;
			line.len -= 3;
		}
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
	size_t n = 1;	/* a byte order mark may hide one in the first line */

	while (scan_next_line(&s, &line))
		n += line_is_fence(line, "-----BEGIN ", &label) &&
		    label_is_wanted(label, kind);
	return n;
}

int
pem_none_found(const char *text, size_t len, enum pem_error error,
    struct pem_trouble *trouble)
{
	if (len > 2 && text[0] == 0x30 && ((text[1] & 0x80) != 0 ||
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
		if (text[s.at - 1] != '\n')
			break;		/* the line is not complete */
		if (!inside) {
			inside = line_is_fence(line, "-----BEGIN ", &label) &&
			    label_is_wanted(label, PEM_BLOCK_CERT);
			*from = inside ? begin : s.at;
		} else if (line_is_fence(line, "-----END ", &label)) {
			return s.at;
		} else if (line.len >= 5 &&
		    memcmp(line.text, "-----", 5) == 0) {
			return begin;	/* a new block: the END is missing */
		}
	}
	return 0;
}
