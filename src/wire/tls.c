/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TLS 1.2 for one connection, on BearSSL.
 *
 * NOTES.  Cipher suites: ECDHE only.  AES-GCM is first where the CPU has AES
 * instructions, else ChaCha20-Poly1305; the other of the two follows, and last
 * CBC with SHA-256 or SHA-384 for peers without AEAD.  AES-128 is before
 * AES-256.  A server uses its own order.  CBC with SHA-1 is not offered: TLS
 * 1.2 peers have better suites.  CCM is not offered either: devices that have
 * neither GCM nor ChaCha20 do not use TLS over TCP.  Curves: X25519, P-256,
 * P-384, P-521.  BearSSL selects the fastest implementations for this CPU.
 *
 * BearSSL sends few alerts when a connection fails; we send the others
 * (tls_alert.c), unless there is a record of BearSSL's that was not sent, or in
 * part.
 *
 * Resumption (RFC 5246 7.3) uses session identifiers: BearSSL has no tickets.
 * A server resumes if its ServerHello has the identifier of the ClientHello.
 * So after the handshake each side compares the session's identifier with the
 * one that was tried, and takes the peer's identity from the kept session if
 * they are equal, else from the certificate.  A client that tries one offers
 * its suite only.  If the server has neither the session nor the suite any
 * more, that handshake fails, and the session is dropped: the next one is full.
 * If the server has lost the session alone, that handshake is full, without a
 * choice; a client that tries the session of one like this offers all suites.
 */

#include "compat.h"

#include "wire/tls.h"

#include "base/addr.h"
#include "base/text.h"
#include "wire/curves.h"
#include "wire/tls_alert.h"
#include "wire/tls_bearssl.h"
#include "wire/tls_ecdhe.h"
#include "wire/tls_serve.h"
#include "wire/tls_verify.h"

/* Each pair is one suite for both types of keys: offer_again(). */
static const uint16_t suites_aes_first[] = {
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
};

static const uint16_t suites_chacha_first[] = {
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
};

static const struct {
	uint16_t suite;
	const char *name;
} suite_names[] = {
	{ BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	    "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	    "ECDHE-RSA-AES128-GCM-SHA256" },
	{ BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	    "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	    "ECDHE-RSA-AES256-GCM-SHA384" },
	{ BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	    "ECDHE-ECDSA-CHACHA20-POLY1305" },
	{ BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	    "ECDHE-RSA-CHACHA20-POLY1305" },
	{ BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	    "ECDHE-ECDSA-AES128-SHA256" },
	{ BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	    "ECDHE-RSA-AES128-SHA256" },
	{ BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
	    "ECDHE-ECDSA-AES256-SHA384" },
	{ BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
	    "ECDHE-RSA-AES256-SHA384" },
};

/* Sets what BearSSL's br_ssl_engine_set_default_aes_gcm() and its like set,
 * without detecting the CPU once more for each. */
static void
set_ciphers(br_ssl_engine_context *eng, const struct cpu *cpu)
{
	br_ssl_engine_set_gcm(eng, &br_sslrec_in_gcm_vtable,
	    &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(eng, cpu->ctr);
	br_ssl_engine_set_ghash(eng, cpu->ghash);
	br_ssl_engine_set_chapol(eng, &br_sslrec_in_chapol_vtable,
	    &br_sslrec_out_chapol_vtable);
	br_ssl_engine_set_chacha20(eng, cpu->chacha);
	br_ssl_engine_set_poly1305(eng, cpu->poly);
	br_ssl_engine_set_cbc(eng, &br_sslrec_in_cbc_vtable,
	    &br_sslrec_out_cbc_vtable);
	br_ssl_engine_set_aes_cbc(eng, cpu->cbcenc, cpu->cbcdec);
}

void
tls_set_engine(struct tls *t, const struct tls_args *args)
{
	br_ssl_engine_context *eng = &t->br.eng;
	const struct cpu *cpu = &args->setup->cpu;
	struct cpu detected;
	uint8_t seed[BEARSSL_SEED];

	if (cpu->ctr == NULL) {
		cpu_detect(&detected);
		cpu = &detected;
	}
	br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
	if (cpu->aes)
		br_ssl_engine_set_suites(eng, suites_aes_first,
		    sizeof(suites_aes_first) / sizeof(suites_aes_first[0]));
	else
		br_ssl_engine_set_suites(eng, suites_chacha_first,
		    sizeof(suites_chacha_first) /
		    sizeof(suites_chacha_first[0]));
	br_ssl_engine_set_default_rsavrfy(eng);
	br_ssl_engine_set_ecdsa(eng, br_ecdsa_vrfy_asn1_get_default());
	tls_ecdhe_set(t, args->setup->server);
	br_ssl_engine_set_hash(eng, br_sha256_ID, cpu->sha256);
	br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(eng, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_prf_sha256(eng, cpu->prf);
	br_ssl_engine_set_prf_sha384(eng, br_tls12_sha384_prf);
	set_ciphers(eng, cpu);
	br_ssl_engine_set_buffers_bidi(eng, args->in, TLS_IN_SIZE, args->out,
	    TLS_OUT_SIZE);
	random_bytes(args->random, seed, sizeof(seed));
	bearssl_seed(eng, cpu->sha256, seed);
	explicit_bzero(seed, sizeof(seed));
}

void
tls_note_tried(struct tls *t, const struct tls_session *s)
{
	memcpy(t->tried, s->params.session_id, sizeof(t->tried));
	t->tried_len = s->params.session_id_len;
	t->until_s = s->until_s;
	strlcpy(t->identity, s->identity, sizeof(t->identity));
	memcpy(t->anchor, s->anchor, sizeof(t->anchor));
}

/* Until when the certificates of a full handshake are valid. */
static int64_t
shown_until_s(const struct tls *t)
{
	return t->verify == NULL || t->setup->time_check == TLS_TIME_NO ?
	    INT64_MAX : t->verify->until_s;
}

void
tls_make_session(const struct tls *t, struct tls_session *made,
    const br_ssl_session_parameters *params)
{
	static const uint8_t none[TLS_PRINT];
	const struct tls_verify *v = t->verify;

	tls_session_make(made, params, v == NULL ? "" : v->leaf.identity,
	    v == NULL ? none : v->anchor, t->now_s,
	    shown_until_s(t));
}

/* The name that the server's certificate must have; "": any. */
static const char *
wanted_name(const struct tls *t)
{
	return t->setup->any_name ? "" : t->name;
}

/* Has a client that resumes a session offer its suite only, for both types of
 * keys, as the server may have got a new certificate and not know the session.
 * BearSSL looks up each suite that is offered in a list of all it has, which
 * would cost both sides as much as the rest of the handshake. */
static void
offer_again(struct tls *t, uint16_t suite)
{
	const size_t n = sizeof(suites_aes_first) / sizeof(suites_aes_first[0]);
	size_t i;

	for (i = 0; i < n; i++)
		if (suites_aes_first[i] == suite)
			br_ssl_engine_set_suites(&t->br.eng,
			    suites_aes_first + (i & ~(size_t)1), 2);
}

/* Lets a client offer its session, if it is one for this server. */
static void
try_session(struct tls *t)
{
	const struct tls_resume *r = t->resume;

	if (r == NULL || r->setup != t->setup ||
	    !tls_session_good(&r->session, t->now_s) ||
	    strcmp(r->name, wanted_name(t)) != 0 ||
	    !addr_same(&r->server, t->peer))
		return;
	br_ssl_engine_set_session_parameters(&t->br.eng, &r->session.params);
	t->one_suite = !r->one_suite;
	if (t->one_suite)
		offer_again(t, r->session.params.cipher_suite);
	tls_note_tried(t, &r->session);
}

/* Keeps a client's session after a full handshake. */
static void
keep_session(struct tls *t)
{
	const br_ssl_session_parameters *agreed = bearssl_session(&t->br.eng);
	struct tls_resume *r = t->resume;

	tls_session_wipe(&r->session);
	if (agreed->session_id_len == 0 ||
	    r->failed >= TLS_RESUME_FAILS ||
	    strlen(wanted_name(t)) >= sizeof(r->name))
		return;
	tls_make_session(t, &r->session, agreed);
	r->setup = t->setup;
	r->one_suite = t->one_suite;
	r->server = *t->peer;
	strlcpy(r->name, wanted_name(t), sizeof(r->name));
}

/* Is it the session that was tried? */
static bool
is_tried(const struct tls *t, const br_ssl_session_parameters *params)
{
	return t->tried_len > 0 && t->tried_len == params->session_id_len &&
	    memcmp(t->tried, params->session_id, t->tried_len) == 0;
}

static bool
start_client(struct tls *t, const struct tls_args *args)
{
	const struct tls_setup *s = args->setup;
	br_ssl_client_context *c = &t->br.client;
	struct addr literal;
	const char *sni;

	br_ssl_client_zero(c);
	tls_set_engine(t, args);
	br_ssl_engine_add_flags(&c->eng, BR_OPT_NO_RENEGOTIATION);
	if (s->chain != NULL && s->key->type == BR_KEYTYPE_RSA)
		br_ssl_client_set_single_rsa(c, s->chain->certs, s->chain->num,
		    &s->key->rsa, br_rsa_pkcs1_sign_get_default());
	else if (s->chain != NULL)
		br_ssl_client_set_single_ec(c, s->chain->certs, s->chain->num,
		    &s->key->ec, BR_KEYTYPE_SIGN, s->chain->issuer_type,
		    curves_get(), br_ecdsa_sign_asn1_get_default());
	br_ssl_engine_set_x509(&c->eng, &t->verify->vtable);
	try_session(t);
	sni = s->any_name || addr_parse_ip(&literal, args->name) == 0 ? NULL :
	    args->name;
	return br_ssl_client_reset(c, sni, t->tried_len > 0) != 0;
}

/* Does the setup have all that its role needs?  That the key belongs to the
 * certificate was checked when they were read. */
static bool
setup_fits(const struct tls_args *args)
{
	const struct tls_setup *s = args->setup;

	if ((s->chain == NULL) != (s->key == NULL))
		return false;
	if (s->anchors != NULL &&
	    (s->anchors->num == 0 || args->verify == NULL))
		return false;
	if (s->server)
		return s->chain != NULL;
	if (args->resume != NULL && args->peer == NULL)
		return false;
	return s->anchors != NULL && (s->any_name ||
	    (args->name != NULL && args->name[0] != '\0'));
}

void
tls_setup_detect(struct tls_setup *setup)
{
	cpu_detect(&setup->cpu);
}

int
tls_start(struct tls *t, const struct tls_args *args)
{
	const struct tls_setup *s = args->setup;
	struct verify_want want;
	bool started;

	memset(t, 0, sizeof(*t));
	t->setup = s;
	t->name = args->name;
	t->peer = args->peer;
	t->now_s = args->now_s;
	t->resume = s->server ? NULL : args->resume;
	if (!setup_fits(args)) {
		t->own_error = TLS_ERR_SETUP;
		t->over = true;
		return -1;
	}
	if (s->anchors != NULL) {
		want.anchors = s->anchors;
		want.name = s->server || s->any_name ? NULL : args->name;
		want.client = s->server;
		want.now_s = args->now_s;
		want.any_time = s->time_check == TLS_TIME_NO;
		t->verify = args->verify;
		tls_verify_init(t->verify, &want);
	}
	started = s->server ? tls_serve(t, args) : start_client(t, args);
	if (!started) {
		t->own_error = br_ssl_engine_last_error(&t->br.eng);
		if (t->own_error == 0)
			t->own_error = TLS_ERR_SETUP;
		t->over = true;
		return -1;
	}
	return 0;
}

/* Sets who the peer is, by its certificate. */
static void
note_verified(struct tls *t)
{
	const struct tls_verify *v = t->verify;

	memset(t->identity, 0, sizeof(t->identity));
	memset(t->anchor, 0, sizeof(t->anchor));
	if (v == NULL)
		return;
	strlcpy(t->identity, v->leaf.identity, sizeof(t->identity));
	memcpy(t->anchor, v->anchor, sizeof(t->anchor));
}

/* The handshake is done: sets the peer's identity, and keeps a client's new
 * session. */
static void
note_up(struct tls *t)
{
	t->up = true;
	t->resumed = is_tried(t, bearssl_session(&t->br.eng));
	if (t->resumed && t->resume != NULL) {
		t->failed = t->resume->failed;
		t->resume->failed = 0;
	}
	if (!t->resumed) {
		t->until_s = shown_until_s(t);
		note_verified(t);
		if (t->resume != NULL)
			keep_session(t);
	}
	t->name = NULL;
	t->peer = NULL;
}

/* At the end of a connection: drops the session that it tried to resume if the
 * connection never came up, since the session may be the cause. */
static void
drop_tried(struct tls *t)
{
	struct tls_resume *r = t->resume;

	if (r == NULL || t->up || !is_tried(t, &r->session.params))
		return;
	tls_session_wipe(&r->session);
	r->failed++;
}

/* Is the error an alert that was received, or that BearSSL sent? */
static bool
is_alert(int error)
{
	return error >= BR_ERR_RECV_FATAL_ALERT &&
	    error < BR_ERR_SEND_FATAL_ALERT + 256;
}

/* Called after each change that may end the handshake or the connection:
 * detects both, and prepares an alert after a failure. */
static void
note(struct tls *t)
{
	unsigned state = br_ssl_engine_current_state(&t->br.eng);
	int error;

	if (!t->up && (state & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) != 0)
		note_up(t);
	if ((state != BR_SSL_CLOSED && t->own_error == 0) || t->over)
		return;
	t->over = true;
	drop_tried(t);
	error = tls_error(t);
	if (error != 0 && !is_alert(error) && !bearssl_out_sealed(&t->br.eng))
		tls_alert_make(t, error);
}

unsigned
tls_state(const struct tls *t)
{
	unsigned state, flags = t->up ? TLS_UP : 0;

	if (t->over)
		return flags | (t->alert_at < t->alert_end ?
		    TLS_HAVE_RECORD : TLS_CLOSED);
	state = br_ssl_engine_current_state(&t->br.eng);
	if (state & BR_SSL_RECVREC)
		flags |= TLS_WANT_RECORD;
	if (state & BR_SSL_SENDREC)
		flags |= TLS_HAVE_RECORD;
	if (state & BR_SSL_SENDAPP)
		flags |= TLS_CAN_PUT;
	if (state & BR_SSL_RECVAPP)
		flags |= TLS_HAVE_DATA;
	return flags;
}

uint8_t *
tls_record_in(struct tls *t, size_t *room)
{
	*room = 0;
	if (t->over)
		return NULL;
	return br_ssl_engine_recvrec_buf(&t->br.eng, room);
}

void
tls_record_in_done(struct tls *t, size_t n)
{
	br_ssl_engine_recvrec_ack(&t->br.eng, n);
	note(t);
}

const uint8_t *
tls_record_out(struct tls *t, size_t *len)
{
	*len = 0;
	if (t->alert_at < t->alert_end) {
		*len = (size_t)(t->alert_end - t->alert_at);
		return t->alert + t->alert_at;
	}
	if (t->over)
		return NULL;
	return br_ssl_engine_sendrec_buf(&t->br.eng, len);
}

void
tls_record_out_done(struct tls *t, size_t n)
{
	if (t->alert_end > 0) {
		t->alert_at = (uint8_t)(t->alert_at + n);
		return;
	}
	br_ssl_engine_sendrec_ack(&t->br.eng, n);
	note(t);
}

uint8_t *
tls_put(struct tls *t, size_t *room)
{
	*room = 0;
	if (t->over)
		return NULL;
	return br_ssl_engine_sendapp_buf(&t->br.eng, room);
}

void
tls_put_done(struct tls *t, size_t n)
{
	br_ssl_engine_sendapp_ack(&t->br.eng, n);
}

void
tls_push(struct tls *t)
{
	if (!t->over)
		br_ssl_engine_flush(&t->br.eng, 0);
}

void
tls_beat(struct tls *t)
{
	if (!t->over && !bearssl_out_used(&t->br.eng))
		br_ssl_engine_flush(&t->br.eng, 1);
}

uint8_t *
tls_data(struct tls *t, size_t *len)
{
	*len = 0;
	if (t->over)
		return NULL;
	return br_ssl_engine_recvapp_buf(&t->br.eng, len);
}

void
tls_data_done(struct tls *t, size_t n)
{
	br_ssl_engine_recvapp_ack(&t->br.eng, n);
	note(t);
}

size_t
tls_in_used(const struct tls *t)
{
	return bearssl_in_used(&t->br.eng);
}

void
tls_move_in(struct tls *t, void *in)
{
	bearssl_move_in(&t->br.eng, in);
}

bool
tls_out_used(const struct tls *t)
{
	return bearssl_out_used(&t->br.eng);
}

void
tls_move_out(struct tls *t, void *out)
{
	bearssl_move_out(&t->br.eng, out);
}

void
tls_close(struct tls *t)
{
	size_t n;

	if (t->over)
		return;
	if (br_ssl_engine_recvapp_buf(&t->br.eng, &n) != NULL)
		br_ssl_engine_recvapp_ack(&t->br.eng, n);
	br_ssl_engine_close(&t->br.eng);
	note(t);
}

bool
tls_alert_is_sent(const struct tls *t)
{
	int error = tls_error(t);

	return (t->alert_end > 0 && t->alert_at == t->alert_end) ||
	    (is_alert(error) && error >= BR_ERR_SEND_FATAL_ALERT);
}

int
tls_error(const struct tls *t)
{
	if (t->own_error != 0)
		return t->own_error;
	return br_ssl_engine_last_error(&t->br.eng);
}

bool
tls_peer_is_trusted(const struct tls *t, const struct pem_anchors *anchors)
{
	return t->up && anchors_have(anchors, t->anchor);
}

const char *
tls_peer_identity(const struct tls *t)
{
	return t->up ? t->identity : "";
}

int64_t
tls_until_s(const struct tls *t)
{
	return t->until_s;
}

bool
tls_is_resumed(const struct tls *t)
{
	return t->resumed;
}

const char *
tls_cipher_name(const struct tls *t)
{
	uint16_t suite = bearssl_session(&t->br.eng)->cipher_suite;
	size_t i;

	for (i = 0; t->up && i < sizeof(suite_names) / sizeof(suite_names[0]);
	    i++)
		if (suite_names[i].suite == suite)
			return suite_names[i].name;
	return "none";
}

void
tls_forget_verify(struct tls *t)
{
	/* There is no renegotiation, so no certificate will follow. */
	br_ssl_engine_set_x509(&t->br.eng, NULL);
	t->verify = NULL;
}

void
tls_wipe(struct tls *t)
{
	drop_tried(t);
	explicit_bzero(t, sizeof(*t));
	t->own_error = TLS_ERR_SETUP;
	t->over = true;
}

void
tls_wipe_unsent(struct tls *t)
{
	if (t->up && t->resumed && t->resume != NULL) {
		t->up = false;
		t->resume->failed = t->failed;
	}
	tls_wipe(t);
}
