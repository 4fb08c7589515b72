/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A terminal that is drawn again and again, on POSIX: termios(4).
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "terminal.h"

static struct termios before;	/* as the terminal was */
static volatile sig_atomic_t begun;	/* it is different now */

bool
terminal_prepare(void)
{
	return stream_is_terminal(stdout);
}

int
terminal_size(unsigned *lines, unsigned *columns)
{
#ifdef TIOCGWINSZ
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
	    size.ws_col > 0) {
		*lines = size.ws_row;
		*columns = size.ws_col;
		return 0;
	}
#else
	(void)lines;
	(void)columns;
#endif
	return -1;
}

void
terminal_end(void)
{
	if (begun)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	begun = 0;
}

/* SIGTERM and SIGHUP. */
static void
end_by_signal(int signo)
{
	terminal_end();
	_exit(128 + signo);
}

void
terminal_begin(void)
{
	struct termios now;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return;
	now = before;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	now.c_cc[VMIN] = 1;
	now.c_cc[VTIME] = 0;
	begun = 1;
	(void)signal(SIGTERM, end_by_signal);
	(void)signal(SIGHUP, end_by_signal);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

int
terminal_key(int wait_ms)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	unsigned char key;

	if (poll(&p, begun ? 1 : 0, wait_ms) > 0 &&
	    read(STDIN_FILENO, &key, 1) == 1)
		return key;
	return -1;
}
