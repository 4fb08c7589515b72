/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Replaces tls, tls_pem and tls_verify in a build without TLS: each call that
 * can fail does, and the error is that this program has no TLS.
 */

#include "compat.h"

#include "wire/tls.h"
#include "wire/tls_verify.h"

static const char no_tls[] = "this program was built without TLS";

size_t
pem_space_for(size_t len)
{
	(void)len;
	return 16;
}

void
pem_space_wipe(struct pem_space *space)
{
	space->used = 0;
}

static int
pem_none(struct pem_trouble *trouble)
{
	trouble->error = PEM_NO_TLS;
	trouble->line = 0;
	return -1;
}

int
pem_read_chain(struct pem_space *space, const char *text, size_t len,
    struct pem_chain *chain, struct pem_trouble *trouble)
{
	(void)space;
	(void)text;
	(void)len;
	memset(chain, 0, sizeof(*chain));
	return pem_none(trouble);
}

int
pem_read_key(struct pem_space *space, const char *text, size_t len,
    struct pem_key *key, struct pem_trouble *trouble)
{
	(void)space;
	(void)text;
	(void)len;
	memset(key, 0, sizeof(*key));
	return pem_none(trouble);
}

int
pem_read_anchors(struct pem_space *space, const char *text, size_t len,
    struct pem_anchors *anchors, struct pem_trouble *trouble)
{
	(void)space;
	(void)text;
	(void)len;
	memset(anchors, 0, sizeof(*anchors));
	return pem_none(trouble);
}

bool
pem_key_fits(const struct pem_key *key, const struct pem_chain *chain)
{
	(void)key;
	(void)chain;
	return false;
}

const char *
pem_strerror(enum pem_error error)
{
	(void)error;
	return no_tls;
}

int
pem_fail(struct pem_trouble *trouble, enum pem_error error, unsigned line)
{
	(void)trouble;
	(void)error;
	(void)line;
	return -1;
}

size_t
pem_cut_cert(const char *text, size_t len, size_t *from)
{
	(void)text;
	(void)len;
	*from = 0;
	return 0;
}

int
anchors_find(const struct pem_anchors *anchors, struct slice issuer,
    struct slice subject, struct pem_space *room, struct slice *out, size_t max)
{
	(void)anchors;
	(void)issuer;
	(void)subject;
	(void)room;
	(void)out;
	(void)max;
	return 0;
}

void
tls_verify_init(struct tls_verify *v, const struct verify_want *want)
{
	memset(v, 0, sizeof(*v));
	v->want = *want;
	v->fault = VERIFY_NOT_DONE;
}

void
tls_verify_why(const struct tls_verify *v, char *text, size_t size)
{
	(void)v;
	strlcpy(text, no_tls, size);
}

uint8_t
tls_verify_alert(enum verify_fault fault)
{
	(void)fault;
	return 0;
}

void
tls_setup_detect(struct tls_setup *setup)
{
	(void)setup;
}

int
tls_start(struct tls *t, const struct tls_args *args)
{
	memset(t, 0, sizeof(*t));
	t->setup = args->setup;
	t->own_error = TLS_ERR_NO_TLS;
	return -1;
}

int64_t
tls_until_s(const struct tls *t)
{
	(void)t;
	return INT64_MAX;
}

bool
tls_is_resumed(const struct tls *t)
{
	(void)t;
	return false;
}

bool
tls_alert_is_sent(const struct tls *t)
{
	(void)t;
	return false;
}

unsigned
tls_state(const struct tls *t)
{
	(void)t;
	return TLS_CLOSED;
}

uint8_t *
tls_record_in(struct tls *t, size_t *room)
{
	(void)t;
	*room = 0;
	return NULL;
}

void
tls_record_in_done(struct tls *t, size_t n)
{
	(void)t;
	(void)n;
}

const uint8_t *
tls_record_out(struct tls *t, size_t *len)
{
	(void)t;
	*len = 0;
	return NULL;
}

void
tls_record_out_done(struct tls *t, size_t n)
{
	(void)t;
	(void)n;
}

uint8_t *
tls_put(struct tls *t, size_t *room)
{
	(void)t;
	*room = 0;
	return NULL;
}

void
tls_put_done(struct tls *t, size_t n)
{
	(void)t;
	(void)n;
}

void
tls_push(struct tls *t)
{
	(void)t;
}

void
tls_beat(struct tls *t)
{
	(void)t;
}

uint8_t *
tls_data(struct tls *t, size_t *len)
{
	(void)t;
	*len = 0;
	return NULL;
}

void
tls_data_done(struct tls *t, size_t n)
{
	(void)t;
	(void)n;
}

size_t
tls_in_used(const struct tls *t)
{
	(void)t;
	return 0;
}

void
tls_move_in(struct tls *t, void *in)
{
	(void)t;
	(void)in;
}

bool
tls_out_used(const struct tls *t)
{
	(void)t;
	return false;
}

void
tls_move_out(struct tls *t, void *out)
{
	(void)t;
	(void)out;
}

void
tls_close(struct tls *t)
{
	(void)t;
}

int
tls_error(const struct tls *t)
{
	(void)t;
	return TLS_ERR_NO_TLS;
}

const char *
tls_strerror(int error)
{
	(void)error;
	return no_tls;
}

void
tls_why(const struct tls *t, char *text, size_t size)
{
	(void)t;
	strlcpy(text, no_tls, size);
}

bool
tls_peer_is_trusted(const struct tls *t, const struct pem_anchors *anchors)
{
	(void)t;
	(void)anchors;
	return false;
}

const char *
tls_peer_identity(const struct tls *t)
{
	(void)t;
	return "";
}

const char *
tls_cipher_name(const struct tls *t)
{
	(void)t;
	return "none";
}

void
tls_forget_verify(struct tls *t)
{
	(void)t;
}

void
tls_wipe(struct tls *t)
{
	memset(t, 0, sizeof(*t));
}

void
tls_wipe_unsent(struct tls *t)
{
	tls_wipe(t);
}
