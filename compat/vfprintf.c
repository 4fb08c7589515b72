/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * vfprintf() without floating point and wide characters, for small static
 * programs: a libc whose printf functions all call vfprintf() links this one
 * and leaves out its own, which is five times as large.
 *
 * NOTES.  Flags "-", "0", "+", " " and "#", width, precision, h, hh, l, ll, j,
 * z, t, and the conversions d, i, u, o, x, X, c, s, p, n and %: what we use and
 * what libc itself uses in syslog(), inet_ntop() and strftime().  Anything else
 * is written as it is.
 */

#include "compat.h"

#if HAVE_OWN_PRINTF

enum {
	GATHERED = 256,		/* bytes that are passed on at once: a line of
				 * stderr is one write */
	DIGITS = 24,		/* 64 bits in octal, and a sign */
};

/* Where the text goes. */
struct printed {
	FILE *file;
	size_t n;		/* bytes in bytes[] */
	size_t total;		/* bytes that there were so far */
	bool failed;		/* the file has taken less */
	char bytes[GATHERED];
};

/* One conversion. */
struct conversion {
	bool left, zero, other;	/* flags -, 0, # */
	char sign;		/* for numbers that are not negative; or 0 */
	int width;		/* at least; 0: any */
	int precision;		/* -1: none was given */
	int size;		/* bytes of an integer */
};

static void
printed_flush(struct printed *p)
{
	if (p->n > 0 && fwrite(p->bytes, 1, p->n, p->file) != p->n)
		p->failed = true;
	p->n = 0;
}

static void
printed_char(struct printed *p, char c)
{
	if (p->n == sizeof(p->bytes))
		printed_flush(p);
	p->bytes[p->n++] = c;
	p->total++;
}

/* Writes a character again and again, if n is positive. */
static void
printed_fill(struct printed *p, char c, int n)
{
	for (; n > 0; n--)
		printed_char(p, c);
}

static void
printed_bytes(struct printed *p, const char *bytes, int n)
{
	for (; n > 0; n--)
		printed_char(p, *bytes++);
}

/* Writes what is to be padded: a prefix, zeros, and bytes. */
static void
printed_padded(struct printed *p, const struct conversion *c,
    const char *prefix, int zeros, const char *bytes, int n)
{
	int n_prefix = (int)strlen(prefix), pad;

	if (zeros < 0)
		zeros = 0;
	pad = c->width - n_prefix - n - zeros;
	if (c->zero && !c->left && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!c->left)
		printed_fill(p, ' ', pad);
	printed_bytes(p, prefix, n_prefix);
	printed_fill(p, '0', zeros);
	printed_bytes(p, bytes, n);
	if (c->left)
		printed_fill(p, ' ', pad);
}

/* Writes a number in that base. */
static void
printed_number(struct printed *p, struct conversion *c, uint64_t v,
    unsigned base, bool upper, const char *prefix)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[DIGITS], *at = text + sizeof(text);
	int n;

	for (; v != 0; v /= base)
		*--at = digits[v % base];
	n = (int)(text + sizeof(text) - at);
	if (c->precision >= 0)
		c->zero = false;
	else
		c->precision = 1;
	printed_padded(p, c, prefix, c->precision - n, at, n);
}

static void
printed_string(struct printed *p, const struct conversion *c,
    const char *text)
{
	int n = 0, most = c->precision < 0 ? INT_MAX : c->precision;

	if (text == NULL)
		text = "(null)";
	while (n < most && text[n] != '\0')
		n++;
	printed_padded(p, c, "", 0, text, n);
}

/* Reads a number of a format, or takes that of a "*". */
static int
read_size(const char **fmt, int star)
{
	int n = 0;

	if (**fmt == '*') {
		++*fmt;
		return star;
	}
	for (; **fmt >= '0' && **fmt <= '9'; ++*fmt)
		if (n < GATHERED * GATHERED)
			n = n * 10 + (**fmt - '0');
	return n;
}

/* Reads h, hh, l, ll, j, z and t; returns the bytes of the integer. */
static int
printf_length(const char **fmt)
{
	const char *f = *fmt;
	int size = (int)sizeof(int);

	switch (*f) {
	case 'h':
		size = f[1] == 'h' ? 1 : (int)sizeof(short);
		break;
	case 'l':
		size = f[1] == 'l' ? (int)sizeof(long long) :
		    (int)sizeof(long);
		break;
	case 'j':
		size = (int)sizeof(intmax_t);
		break;
	case 'z':
		size = (int)sizeof(size_t);
		break;
	case 't':
		size = (int)sizeof(ptrdiff_t);
		break;
	default:
		return size;
	}
	*fmt += f[1] == *f && (*f == 'h' || *f == 'l') ? 2 : 1;
	return size;
}

/* The arguments that are left: a va_list may be an array, which a pointer in
 * its place would not be. */
struct arguments {
	va_list list;
};

/* Reads the flags. */
static void
read_flags(const char **fmt, struct conversion *c)
{
	for (; **fmt != '\0' && strchr("-0+ #", **fmt) != NULL; ++*fmt) {
		if (**fmt == '-')
			c->left = true;
		else if (**fmt == '0')
			c->zero = true;
		else if (**fmt == '#')
			c->other = true;
		else if (c->sign != '+')
			c->sign = **fmt;
	}
}

/* Reads a conversion, from behind its % up to its letter. */
static void
read_conversion(const char **fmt, struct conversion *c, struct arguments *a)
{
	memset(c, 0, sizeof(*c));
	read_flags(fmt, c);
	c->width = read_size(fmt, **fmt == '*' ? va_arg(a->list, int) : 0);
	if (c->width < 0) {
		c->left = true;
		c->width = -c->width;
	}
	c->precision = -1;
	if (**fmt == '.') {
		++*fmt;
		c->precision = read_size(fmt,
		    **fmt == '*' ? va_arg(a->list, int) : 0);
	}
	c->size = printf_length(fmt);
}

/* Takes and writes a number that may be negative. */
static void
printed_signed(struct printed *p, struct conversion *c,
    struct arguments *a)
{
	const char *prefix = c->sign == '+' ? "+" : c->sign != 0 ? " " : "";
	int64_t number = c->size <= (int)sizeof(int) ? va_arg(a->list, int) :
	    c->size <= (int)sizeof(long) ? va_arg(a->list, long) :
	    va_arg(a->list, long long);

	if (c->size == 1)
		number = (signed char)number;
	else if (c->size == (int)sizeof(short))
		number = (short)number;
	printed_number(p, c, number < 0 ? 0 - (uint64_t)number :
	    (uint64_t)number, 10, false, number < 0 ? "-" : prefix);
}

/* Takes and writes a number of u, o, x or X. */
static void
printed_unsigned(struct printed *p, struct conversion *c, char letter,
    struct arguments *a)
{
	const char *prefix = letter == 'x' ? "0x" : letter == 'X' ? "0X" :
	    letter == 'o' ? "0" : "";
	uint64_t number = c->size <= (int)sizeof(int) ?
	    va_arg(a->list, unsigned) : c->size <= (int)sizeof(long) ?
	    va_arg(a->list, unsigned long) :
	    va_arg(a->list, unsigned long long);

	if (c->size == 1)
		number = (unsigned char)number;
	else if (c->size == (int)sizeof(short))
		number = (unsigned short)number;
	printed_number(p, c, number, letter == 'u' ? 10 : letter == 'o' ? 8 :
	    16, letter == 'X', c->other && number != 0 ? prefix : "");
}

/* Takes the argument of a conversion and writes it; false: there is no such
 * conversion. */
static bool
printed_conversion(struct printed *p, struct conversion *c, char letter,
    struct arguments *a)
{
	char byte;

	switch (letter) {
	case 'd':
	case 'i':
		printed_signed(p, c, a);
		return true;
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		printed_unsigned(p, c, letter, a);
		return true;
	case 'p':
		printed_number(p, c, (uint64_t)(uintptr_t)va_arg(a->list,
		    void *), 16, false, "0x");
		return true;
	case 'c':
		byte = (char)va_arg(a->list, int);
		c->zero = false;
		printed_padded(p, c, "", 0, &byte, 1);
		return true;
	case 's':
		c->zero = false;
		printed_string(p, c, va_arg(a->list, const char *));
		return true;
	case 'n':
		*va_arg(a->list, int *) = (int)p->total;
		return true;
	case '%':
		printed_char(p, '%');
		return true;
	default:
		return false;
	}
}

int
vfprintf(FILE *file, const char *fmt, va_list ap)
{
	struct printed p;
	struct conversion c;
	struct arguments a;
	const char *begin;

	p.file = file;
	p.n = p.total = 0;
	p.failed = false;
	va_copy(a.list, ap);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt != '%') {
			printed_char(&p, *fmt);
			continue;
		}
		begin = fmt++;
		read_conversion(&fmt, &c, &a);
		if (!printed_conversion(&p, &c, *fmt, &a)) {
			printed_bytes(&p, begin, (int)(fmt - begin));
			fmt--;
		}
	}
	va_end(a.list);
	printed_flush(&p);
	return p.failed || p.total > INT_MAX ? -1 : (int)p.total;
}

#endif
