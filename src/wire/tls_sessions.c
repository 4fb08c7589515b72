/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TLS sessions that can be resumed, and the server's store of them.
 */

#include "compat.h"

#include "wire/tls_sessions.h"

#include "base/log.h"

bool
tls_session_good(const struct tls_session *s, int64_t now_s)
{
	/* After the clock was set back, a session is from the future and does
	 * not count. */
	return s->params.session_id_len > 0 && now_s >= s->made_s &&
	    now_s < s->until_s;
}

void
tls_session_make(struct tls_session *s,
    const br_ssl_session_parameters *params, const char *identity,
    const uint8_t anchor[TLS_PRINT], int64_t now_s, int64_t until_s)
{
	memset(s, 0, sizeof(*s));
	s->params = *params;
	s->made_s = now_s;
	s->until_s = until_s < now_s + TLS_SESSION_S ? until_s :
	    now_s + TLS_SESSION_S;
	strlcpy(s->identity, identity, sizeof(s->identity));
	memcpy(s->anchor, anchor, sizeof(s->anchor));
}

void
tls_session_wipe(struct tls_session *s)
{
	explicit_bzero(s, sizeof(*s));
}

void
tls_resume_forget(struct tls_resume *t)
{
	explicit_bzero(t, sizeof(*t));
}

void
tls_sessions_init(struct tls_sessions *s, struct tls_place *places, size_t n,
    const uint8_t seed[TABLE_SEED])
{
	must(n >= TLS_SESSION_WAYS && n % TLS_SESSION_WAYS == 0);
	s->places = places;
	s->sets = n / TLS_SESSION_WAYS;
	s->uses = 0;
	memcpy(s->seed, seed, sizeof(s->seed));
}

/* The set of an identifier; expired sessions in it are wiped first. */
static struct tls_place *
sessions_set(struct tls_sessions *s, const uint8_t id[TLS_SESSION_ID],
    int64_t now_s)
{
	uint64_t hash = table_hash(s->seed, id, TLS_SESSION_ID);
	struct tls_place *set;
	unsigned i;

	set = &s->places[(size_t)(hash % s->sets) * TLS_SESSION_WAYS];
	for (i = 0; i < TLS_SESSION_WAYS; i++)
		if (set[i].used != 0 &&
		    !tls_session_good(&set[i].session, now_s))
			explicit_bzero(&set[i], sizeof(set[i]));
	return set;
}

void
tls_sessions_put(struct tls_sessions *s, const struct tls_session *session,
    int64_t now_s)
{
	struct tls_place *set, *place;
	unsigned i;

	if (session->params.session_id_len != TLS_SESSION_ID)
		return;
	place = set = sessions_set(s, session->params.session_id, now_s);
	for (i = 1; i < TLS_SESSION_WAYS; i++)
		if (set[i].used < place->used)
			place = &set[i];
	place->session = *session;
	place->used = ++s->uses;
}

const struct tls_session *
tls_sessions_get(struct tls_sessions *s, const uint8_t id[TLS_SESSION_ID],
    int64_t now_s)
{
	struct tls_place *set = sessions_set(s, id, now_s);
	unsigned i;

	for (i = 0; i < TLS_SESSION_WAYS; i++) {
		if (set[i].used == 0 || memcmp(id,
		    set[i].session.params.session_id, TLS_SESSION_ID) != 0)
			continue;
		set[i].used = ++s->uses;
		return &set[i].session;
	}
	return NULL;
}

void
tls_sessions_wipe(struct tls_sessions *s)
{
	if (s->places != NULL)
		explicit_bzero(s->places, s->sets * TLS_SESSION_WAYS *
		    sizeof(*s->places));
	s->uses = 0;
}
