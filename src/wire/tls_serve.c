/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The server's role in TLS.
 */

#include "compat.h"

#include "wire/tls_serve.h"

#include "wire/curves.h"
#include "wire/tls_verify.h"

enum { ANCHOR_NAMES_MAX = 60000 };	/* bytes of CA names in a request */

/* BearSSL calls this on a server after a full handshake: stores the session.
 * The cast is valid because the server context is in struct tls's first
 * member, at its beginning. */
static void
cache_save(const br_ssl_session_cache_class **cache,
    br_ssl_server_context *server, const br_ssl_session_parameters *params)
{
	struct tls *t = (struct tls *)(void *)server;
	struct tls_session made;

	(void)cache;
	tls_make_session(t, &made, params);
	tls_sessions_put(t->setup->sessions, &made, t->now_s);
	explicit_bzero(&made, sizeof(made));
}

/* BearSSL calls this when a client tries to resume params->session_id: 1, with
 * *params filled in, or 0 if there is no such session. */
static int
cache_load(const br_ssl_session_cache_class **cache,
    br_ssl_server_context *server, br_ssl_session_parameters *params)
{
	struct tls *t = (struct tls *)(void *)server;
	const struct tls_session *s;

	(void)cache;
	s = tls_sessions_get(t->setup->sessions, params->session_id,
	    t->now_s);
	if (s == NULL)
		return 0;
	*params = s->params;
	tls_note_tried(t, s);
	return 1;
}

static const br_ssl_session_cache_class cache_class = {
	sizeof(const br_ssl_session_cache_class *),
	cache_save,
	cache_load
};

/* The number of anchors whose names fit into a CertificateRequest. */
static size_t
count_names(const struct pem_anchors *anchors)
{
	size_t i, bytes = 0;

	for (i = 0; i < anchors->num; i++) {
		bytes += anchors->names[i].len + 2;
		if (bytes > ANCHOR_NAMES_MAX)
			break;
	}
	return i;
}

bool
tls_serve(struct tls *t, const struct tls_args *args)
{
	const struct tls_setup *s = args->setup;
	br_ssl_server_context *c = &t->br.server;
	size_t names;

	br_ssl_server_zero(c);
	tls_set_engine(t, args);
	if (s->sessions != NULL) {
		t->cache = &cache_class;
		br_ssl_server_set_cache(c, &t->cache);
	}
	br_ssl_engine_add_flags(&c->eng, BR_OPT_NO_RENEGOTIATION |
	    BR_OPT_ENFORCE_SERVER_PREFERENCES);
	if (s->key->type == BR_KEYTYPE_RSA)
		br_ssl_server_set_single_rsa(c, s->chain->certs, s->chain->num,
		    &s->key->rsa, BR_KEYTYPE_SIGN, br_rsa_private_get_default(),
		    br_rsa_pkcs1_sign_get_default());
	else
		br_ssl_server_set_single_ec(c, s->chain->certs, s->chain->num,
		    &s->key->ec, BR_KEYTYPE_SIGN, s->chain->issuer_type,
		    curves_get(), br_ecdsa_sign_asn1_get_default());
	if (s->anchors != NULL) {
		/* Without a name BearSSL would not send CertificateRequest. */
		names = s->anchors->names == NULL ? 0 :
		    count_names(s->anchors);
		if (names == 0)
			return false;
		br_ssl_engine_set_x509(&c->eng, &t->verify->vtable);
		br_ssl_server_set_trust_anchor_names(c, s->anchors->names,
		    names);
	}
	return br_ssl_server_reset(c) != 0;
}
