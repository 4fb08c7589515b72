/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The texts of the page: what daemon/page.awk makes of page.css, page.js and
 * page.html.
 *
 * NOTES.  In those of page.html, {NAME} is where a value goes; web_page.c knows
 * the names.
 */

#ifndef DAEMON_PAGE_TEXT_H
#define DAEMON_PAGE_TEXT_H

extern const char page_style[];	/* what is inside of the style element */
extern const char page_script[];	/* and of the script element */
extern const char page_top[];	/* up to the first tunnel */
extern const char page_tunnel[];	/* a tunnel, up to its first peer */
extern const char page_peer[];	/* a peer */
extern const char page_after[];	/* of a tunnel: what follows its peers */
extern const char page_bottom[];	/* after the last tunnel */

#endif
