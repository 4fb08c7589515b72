/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Services of Windows: what runs as one, and what installs and controls them.
 *
 * NOTES.  Only Windows has this.  Texts are UTF-8.  service_win32.c is the
 * running side, service_install_win32.c and service_control_win32.c are what
 * asks the service manager, service_safe_win32.c judges where the program is.
 */

#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include "compat.h"

#include "base/fault.h"

/*
 * The running side
 */

/* What the service manager wants of a service that runs. */
enum service_event {
	SERVICE_END,		/* to stop at once: the machine shuts down */
	SERVICE_DRAIN,		/* to stop */
	SERVICE_RELOAD,		/* to read its files again */
	SERVICE_AGAIN,		/* to connect again: the machine has resumed */
	SERVICE_EVENTS		/* how many there are */
};

/* Runs fn(arg), whose result is an exit status, as the service of that name, in
 * a thread of the service manager's; returns when the service has stopped: 0,
 * or -1 and the fault when the service manager has not started this process.
 * Status 0 is the end that was asked for; any other, also that of a function
 * that ends the program (base/log.h), is reported as the service's own code. */
int service_run(const char *name, int (*fn)(void *), void *arg,
    struct fault *f);

/* Does this process run as a service? */
bool service_is_running(void);

/* The name of the service that this process runs as, or NULL. */
const char *service_name(void);

/* Reports that the start, or the stop, goes on.  All of these do nothing in a
 * process that is no service. */
void service_starting(void);
void service_stopping(void);

/* Reports that the service runs.  From then on fn is called with what the
 * service manager wants, in a different thread. */
void service_ready(void (*fn)(enum service_event));

/*
 * The service manager
 */

enum service_begin {		/* when it is started: */
	SERVICE_AUTO,		/* with the machine */
	SERVICE_DELAYED,	/* some minutes after that */
	SERVICE_DEMAND,		/* by a command */
};

/* A service as it is installed. */
struct service_plan {
	const char *name;
	const char *title;	/* what lists of services show */
	const char *about;	/* a line of description */
	const char *command;	/* its command line */
	enum service_begin begin;
};

/* What is known of a service. */
struct service_facts {
	const char *state;	/* "running", "stopped" ... */
	bool runs;		/* it has a process */
	unsigned long process;	/* its number; 0: none */
	bool failed;		/* it stopped with a status of its own: */
	unsigned long status;
};

enum { SERVICE_ERROR = 350 };	/* bytes of an error in words */

/* Installs a service; 0, or -1 and the fault, and then nothing is installed.
 * warn is called with a line about each part that this Windows has not got. */
int service_install(const struct service_plan *,
    void (*warn)(const char *what), struct fault *);

/* Makes the folder adit of ProgramData, and log in it, if they are not there,
 * for administrators and the system only; the service of that name may read the
 * first and write to the second.  0, or -1 and the fault: one is not ours. */
int service_make_folders(const char *name, void (*warn)(const char *what),
    struct fault *);

/* Stops a service and removes all of it; one that is none of ours stays. */
int service_uninstall(const char *name, struct fault *);

/* Starts a service, and waits until it runs; -1 and the fault when it does not
 * come to that. */
int service_start(const char *name, struct fault *);

/* Stops a service, and waits until it has ended; one that does not run is no
 * fault. */
int service_stop(const char *name, struct fault *);

/* Has a service read its files again. */
int service_reload(const char *name, struct fault *);

/* Says what is known of a service; 0, or -1 and the fault. */
int service_look(const char *name, struct service_facts *, struct fault *);

/* Is a service of that name installed, by adit, for the account of that SID,
 * which is a text?  May ask a domain. */
bool service_has_account(const char *name, const char *sid);

/* The path of this program, in memory that the caller frees; NULL and the
 * fault. */
char *service_program(struct fault *);

/* Can only administrators change the program, its folder, and the folders
 * above?  0, or -1 and the fault, which names what others can change and who
 * they are. */
int service_is_safe(const char *program, struct fault *);

/* Both return memory that the caller frees.  They end the program when memory
 * runs out; what is not valid is replaced. */
wchar_t *service_wide(const char *utf8);
char *service_utf8(const wchar_t *);

/* Writes the system's words for an error (GetLastError()). */
void service_error(char words[SERVICE_ERROR], unsigned long error);

#endif
