/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The facts that ends over TCP have in common: of a stream, and of our own
 * certificate.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/facts.h"

#include "net/stream.h"
#include "tunnel/credentials.h"
#include "wire/cert.h"

void
facts_add_stream(struct facts *f, const struct stream *s)
{
	struct sock_tcp tcp;

	if (s->env == NULL || !s->up)
		return;
	strlcpy(f->protocol, s->tls == NULL ? "TCP" : "TLS 1.2",
	    sizeof(f->protocol));
	if (s->tls != NULL) {
		strlcpy(f->suite, tls_cipher_name(&s->tls->tls),
		    sizeof(f->suite));
		f->resumed = tls_is_resumed(&s->tls->tls) ? FACTS_RESUMED :
		    FACTS_FULL;
	}
	strlcpy(f->name, stream_identity(s), sizeof(f->name));
	f->address = s->peer;
	memset(&tcp, 0, sizeof(tcp));
	if (sock_tcp(s->fd, &tcp) != 0)
		return;
	if (tcp.rtt_us > 0)
		f->rtt_us = tcp.rtt_us;
	if (tcp.segments > 0)
		f->loss_ppm = (int64_t)tcp.again * 1000000 / tcp.segments;
}

void
facts_add_chain(struct facts *f, const struct credentials *c)
{
	struct cert cert;
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->chain.num; i++)
		if (cert_read(&cert, c->chain.certs[i].data,
		    c->chain.certs[i].data_len) == 0 && (i == 0 ||
		    cert.not_after_s < f->cert_end_s))
			f->cert_end_s = cert.not_after_s;
}
