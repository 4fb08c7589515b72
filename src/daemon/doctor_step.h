/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the steps of the doctor share.
 *
 * NOTES.  A step is a function that is called when the one before it is over.
 * It ends, at once or later in a callback of the loop, by one of doctor_pass(),
 * doctor_skip() and doctor_fail(), of which only the first counts.
 */

#ifndef DAEMON_DOCTOR_STEP_H
#define DAEMON_DOCTOR_STEP_H

#include "daemon/doctor.h"

#include "net/stream.h"
#include "net/tcp.h"
#include "tunnel/credentials.h"
#include "tunnel/plan.h"
#include "tunnel/target.h"
#include "tunnel/tunnel.h"
#include "wire/path_mtu.h"
#include "wire/tls_verify.h"

/* By what an end carries datagrams. */
enum doctor_carrier {
	DOCTOR_BY_UDP,		/* plainly */
	DOCTOR_BY_TCP,
	DOCTOR_BY_TLS,
	DOCTOR_BY_DTLS,
	DOCTOR_BY_IP_UDP,	/* IP packets in UDP */
	DOCTOR_BY_DEVICE,
};

/* How a TLS handshake ended. */
struct doctor_verdict {
	int error;		/* tls_error() */
	enum verify_fault fault;	/* of the server's certificate */
	struct verify_info leaf;	/* that certificate */
};

/* The connection of the steps TCP and TLS. */
struct doctor_stream {
	struct tcp_options options;
	struct tcp_dial dial;
	fd_t fd;		/* connected, for the step TLS; or FD_NONE */
	struct addr peer;	/* of it */
	struct stream_env env;
	struct stream stream;
	struct timer late;	/* when the handshake times out */
	int mss;		/* that was chosen because longer segments seem
				 * to be lost; 0: none */
	struct doctor_verdict verdict;
};

/* The search for the length of datagrams that get through. */
struct doctor_path {
	struct path_mtu mtu;
	struct timer due;	/* its next step */
	/* Asks about a size. */
	void (*ask)(struct doctor *, uint32_t number, uint16_t size);
};

struct doctor_dtls;
struct doctor_probe;

/* A doctor, and the tunnel that it looks at. */
struct doctor {
	struct loop *loop;
	struct resolver *resolver;
	struct random random;

	const struct plan *plan;
	enum doctor_carrier carrier[2];	/* of both ends */
	struct tunnel *tunnel;	/* of that plan, never started: its ends are
				 * named in texts */
	struct credentials *credentials;	/* of RIGHT with TLS; or NULL */
	struct target target;	/* of RIGHT, where that has an address, */
	struct aim aim;		/* and what was chosen */
	struct lookup lookup;
	struct addr addr[RESOLVE_MAX];	/* of RIGHT, as they are tried */
	unsigned n_addr;
	struct doctor_stream stream;
	struct doctor_dtls *dtls;	/* an association; NULL: none */
	struct doctor_probe *probe;	/* a tunnel with questions; or NULL */
	struct doctor_path path;
	struct watch udp_watch;	/* of the target's socket, */
	struct timer timer;	/* and when its step ends */
	struct udp *udp;	/* that socket; NULL: none */

	enum doctor_step step;	/* under way, */
	bool ended;		/* or over: */
	enum doctor_result result;
	char text[DOCTOR_TEXT], remedy[DOCTOR_TEXT];
};

/* End a step.  remedy NULL: what follows the first "; " of the text is the
 * remedy, or there is none. */
void doctor_pass(struct doctor *, const char *fmt, ...) PRINTF_LIKE(2, 3);
void doctor_skip(struct doctor *, const char *fmt, ...) PRINTF_LIKE(2, 3);
void doctor_fail(struct doctor *, const char *remedy, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* How long it waits for an answer of the network, in ms: the setting timeout of
 * RIGHT, or 4 s where it has none. */
int64_t doctor_timeout_ms(const struct doctor *);

/* The steps. */
void doctor_identity(struct doctor *);
void doctor_tcp(struct doctor *);
void doctor_tls(struct doctor *);
void doctor_dtls(struct doctor *);
void doctor_target(struct doctor *);
void doctor_path(struct doctor *);
void doctor_listen(struct doctor *);

/* Loads the pre-shared keys of a DTLS end; 0, what is said of them in text, or
 * -1 and the fault. */
int doctor_dtls_keys(struct doctor *, enum side, char *text, size_t size,
    struct fault *);

/* Begins the search with heartbeats of the association.  False: there is none,
 * or its server does not answer heartbeats. */
bool doctor_dtls_ask(struct doctor *);

/* Begins the search with that function to ask; room: the longest payload that
 * the carrier takes. */
void doctor_path_begin(struct doctor *, size_t room,
    void (*ask)(struct doctor *, uint32_t number, uint16_t size));

/* A question was answered. */
void doctor_path_answered(struct doctor *, uint32_t number, uint16_t size);

/* Opens RIGHT with questions on the LEFT, as a `tun` there asks them, for the
 * steps target and path MTU. */
void doctor_probe_target(struct doctor *);

/* Begins the search with such questions.  False: there is no such tunnel, or
 * the device there has answered nothing. */
bool doctor_probe_ask(struct doctor *);

/* Words what to do after a TCP connection has failed. */
const char *doctor_remedy_tcp(int error, bool marked);

/* The same for a TLS handshake that the engine has ended. */
const char *doctor_remedy_tls(const struct doctor_verdict *, bool has_cert);

/* Close what the steps have left open. */
void doctor_stream_close(struct doctor *);
void doctor_dtls_close(struct doctor *);
void doctor_probe_close(struct doctor *);

#endif
