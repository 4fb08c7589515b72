/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Text of strangers in HTML and in labels of Prometheus, by the rules of each.
 *
 * NOTES.  What is no UTF-8 becomes U+FFFD in both: it may not be there, and
 * one such label would make Prometheus drop all that it was sent.  In HTML,
 * characters that are not seen but change what is (control characters, those
 * that change the direction of text, of no width) are shown as \uXXXX; the
 * script of the page does the same.  Each character fits or is left out with
 * all that follow.
 */

#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/text.h"

/* Appends text as HTML that shows it, between tags or in a quoted attribute. */
void escape_html(struct text *t, const char *text);

/* Appends text as the value of a label of Prometheus, without its quotes. */
void escape_label(struct text *t, const char *text);

#endif
