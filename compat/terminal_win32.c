/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A terminal that is drawn again and again, on Windows: the console.
 *
 * NOTES.  Windows 10 1511 and later know escape sequences, once they are asked
 * to (ENABLE_VIRTUAL_TERMINAL_PROCESSING); before it nothing can be redrawn.
 * Where a terminal of a different kind is behind a pipe (mintty), stdout is no
 * console, and tables follow each other.
 */

#include "compat.h"

#include <windows.h>

#include "terminal.h"

enum {
	ESCAPES = 4,		/* ENABLE_VIRTUAL_TERMINAL_PROCESSING */
	CONSOLE_BUFFER = 16384,	/* bytes of stdout */
};

static DWORD before;	/* the mode of stdin */
static bool begun;	/* it is different now */

bool
terminal_prepare(void)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
	DWORD mode;

	if (!GetConsoleMode(out, &mode) || ((mode & ESCAPES) == 0 &&
	    !SetConsoleMode(out, mode | ENABLE_PROCESSED_OUTPUT | ESCAPES)))
		return false;
	/* Else each byte is a call of its own. */
	(void)setvbuf(stdout, NULL, _IOFBF, CONSOLE_BUFFER);
	return true;
}

int
terminal_size(unsigned *lines, unsigned *columns)
{
	CONSOLE_SCREEN_BUFFER_INFO info;

	if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE),
	    &info) || info.srWindow.Bottom < info.srWindow.Top ||
	    info.srWindow.Right < info.srWindow.Left)
		return -1;
	*lines = (unsigned)(info.srWindow.Bottom - info.srWindow.Top) + 1;
	*columns = (unsigned)(info.srWindow.Right - info.srWindow.Left) + 1;
	return 0;
}

void
terminal_begin(void)
{
	HANDLE in = GetStdHandle(STD_INPUT_HANDLE);

	/* Control-C is a key, too. */
	begun = GetConsoleMode(in, &before) && SetConsoleMode(in, before &
	    ~(DWORD)(ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT |
	    ENABLE_PROCESSED_INPUT));
}

void
terminal_end(void)
{
	if (begun)
		(void)SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), before);
	begun = false;
}

/* Takes what the console has for us: the key, or -1: it was none (a key that
 * is released, the mouse, the window). */
static int
take_event(HANDLE in)
{
	INPUT_RECORD event;
	DWORD n = 0;

	if (!ReadConsoleInputW(in, &event, 1, &n) || n == 0 ||
	    event.EventType != KEY_EVENT || !event.Event.KeyEvent.bKeyDown)
		return -1;
	return event.Event.KeyEvent.uChar.UnicodeChar < 128 ?
	    event.Event.KeyEvent.uChar.UnicodeChar : -1;
}

int
terminal_key(int wait_ms)
{
	uint64_t now = clock_mono_ms(), end = now + (uint64_t)wait_ms;
	HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
	int key;

	if (!begun) {
		Sleep((DWORD)wait_ms);
		return -1;
	}
	for (; now < end; now = clock_mono_ms()) {
		if (WaitForSingleObject(in, (DWORD)(end - now)) !=
		    WAIT_OBJECT_0)
			break;
		key = take_event(in);
		if (key > 0)
			return key;
	}
	return -1;
}
