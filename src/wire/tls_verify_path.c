/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Searches a path from a peer's certificate to a trust anchor.
 *
 * NOTES.  The search is depth first and goes by names: a path is extended by
 * each certificate that was shown and has the name of the issuer that is
 * wanted, the shortest way to the name of an anchor first.  A candidate whose
 * key identifier differs from the one that is wanted is tried after the others
 * (RFC 4158 3.5.12), and one from which no name leads to an anchor last, only
 * to find out what is wrong.
 *
 * Signatures are checked on complete paths only, from the anchor down, so that
 * the key of each check is that of an anchor or of a CA that an anchor vouches
 * for.  A peer cannot choose these keys, and a path that it made up costs one
 * check; its result is remembered.  Name constraints are compared last.
 *
 * If there is no path, the fault that was found highest up is reported, and of
 * two at the same height the first.  A bad signature counts least, since a
 * certificate that only has the right name may be the cause.
 */

#include "compat.h"

#include "wire/tls_verify.h"

#include "base/text.h"
#include "wire/cert_limits.h"
#include "wire/cert_sign.h"

enum {
	RSA_LEAST = 256,	/* bytes of a modulus: 2048 bits */
	RSA_MOST = 512,		/* BearSSL's own limit */
	RSA_EXPONENT = 8,	/* bytes; a longer one costs much time */
	RANK_MOST = 1000,	/* of a fault that outranks all others */
	FAR = VERIFY_PATH_MAX + 1,	/* no distance */
	ANCHOR_BIT = 16,	/* of struct search's good and bad */
};

/* A search, and the path so far. */
struct search {
	struct tls_verify *v;
	struct cert certs[VERIFY_SHOWN_MAX];	/* those of v->kept */
	uint16_t issuers[VERIFY_SHOWN_MAX];	/* bits: those that have the
						 * name of the issuer */
	uint8_t distance[VERIFY_SHOWN_MAX];	/* certificates from it to one
				 * whose issuer has the name of an anchor, both
				 * included; FAR: there is none */
	uint32_t good[VERIFY_SHOWN_MAX];	/* bits: issuers whose key
				 * signed it; anchors from ANCHOR_BIT on */
	uint32_t bad[VERIFY_SHOWN_MAX];		/* those whose key did not */
	unsigned path[VERIFY_PATH_MAX];	/* places in certs, the leaf first */
	unsigned len;			/* of the path */
};

/* What was found behind the last certificate of a path. */
struct beyond {
	bool anchor;		/* an anchor with the name of the issuer */
	bool anchor_signed;	/* and its key signed the certificate */
	bool shown;		/* a certificate with that name was shown */
};

static void
fill_info(struct verify_info *info, const struct cert *c)
{
	info->known = true;
	cert_name_text(c->subject, info->subject, sizeof(info->subject));
	cert_name_text(c->issuer, info->issuer, sizeof(info->issuer));
	cert_names_text(c, info->names, sizeof(info->names));
	cert_identity(c, info->identity, sizeof(info->identity));
	info->not_before_s = c->not_before_s;
	info->not_after_s = c->not_after_s;
}

/* Remembers a fault of a certificate, unless one was found further up; returns
 * whether it is remembered. */
static bool
note_fault(struct tls_verify *v, enum verify_fault fault, unsigned depth,
    const struct cert *c)
{
	int rank = 2 * (int)depth + (fault != VERIFY_BAD_SIGNATURE);

	if (fault == VERIFY_STORE_FAILED || fault == VERIFY_TOO_LARGE ||
	    fault == VERIFY_FORBIDDEN_NAME)
		rank = RANK_MOST;
	if (rank <= v->rank)
		return false;
	v->rank = rank;
	v->fault = fault;
	v->depth = depth;
	v->lacks_issuer = false;
	fill_info(&v->at, c);
	return true;
}

/* The same of an algorithm, an extension or a kind of key that we do not
 * support. */
static void
note_unsupported(struct tls_verify *v, unsigned depth, const struct cert *c,
    const char *kind, struct slice oid)
{
	char text[CERT_OID_TEXT];
	struct text t;

	if (!note_fault(v, VERIFY_UNSUPPORTED, depth, c))
		return;
	text_init(&t, v->what, sizeof(v->what));
	text_add(&t, "%s %s", kind, cert_oid_text(oid, text, sizeof(text)));
}

/* The use that all certificates of the path must permit, as in ext_usage. */
static unsigned
wanted_usage(const struct tls_verify *v)
{
	return v->want.client ? CERT_CLIENT_AUTH : CERT_SERVER_AUTH;
}

/* What a certificate at that depth says of itself; VERIFY_OK if nothing
 * forbids its use there.  issuers: CAs below it in the path that are not
 * self-issued (RFC 5280 6.1.4 l). */
static enum verify_fault
cert_fault(const struct tls_verify *v, const struct cert *c, unsigned depth,
    int issuers)
{
	if (!v->want.any_time && v->want.now_s < c->not_before_s)
		return VERIFY_NOT_YET;
	if (!v->want.any_time && v->want.now_s > c->not_after_s)
		return VERIFY_EXPIRED;
	if (depth == 0)
		return VERIFY_OK;
	if (!cert_is_ca(c) || (c->has_key_usage &&
	    (c->key_usage & CERT_CERT_SIGN) == 0) ||
	    (c->path_max >= 0 && c->path_max < issuers))
		return VERIFY_NOT_CA;
	if (c->has_ext_usage && (c->ext_usage & wanted_usage(v)) == 0)
		return VERIFY_WRONG_USAGE;
	return VERIFY_OK;
}

/* Notes a fault if it has a critical extension or a key that we do not support;
 * returns whether it has none. */
static bool
check_supported(struct tls_verify *v, const struct cert *c, unsigned depth)
{
	const br_rsa_public_key *rsa = &c->key.key.rsa;

	if (c->unknown.data != NULL) {
		note_unsupported(v, depth, c, "the critical extension",
		    c->unknown);
		return false;
	}
	if (c->key.key_type == 0 || (c->key.key_type == BR_KEYTYPE_RSA &&
	    (rsa->nlen > RSA_MOST || rsa->elen > RSA_EXPONENT))) {
		note_unsupported(v, depth, c, "a key of the kind", c->key_oid);
		return false;
	}
	return true;
}

/* Is the key too short?  That of an anchor may be. */
static bool
key_is_weak(const struct cert *c)
{
	return c->key.key_type == BR_KEYTYPE_RSA &&
	    c->key.key.rsa.nlen < RSA_LEAST;
}

static const struct cert *
path_cert(const struct search *s, unsigned depth)
{
	return &s->certs[s->path[depth]];
}

/* Counts the CAs of the path that are not self-issued. */
static int
count_issuers(const struct search *s)
{
	int n = 0;
	unsigned i;

	for (i = 1; i < s->len; i++)
		n += !cert_is_self_issued(path_cert(s, i));
	return n;
}

/* Did the issuer, which has the number `by` in good and bad, sign the
 * certificate at that depth?  Costs work unless that is known. */
static bool
check_signature(struct search *s, unsigned depth, const struct cert *issuer,
    unsigned by)
{
	uint32_t bit = (uint32_t)1 << by;
	unsigned work = cert_sign_work(&issuer->key), place = s->path[depth];
	const struct cert *c = &s->certs[place];

	if (((s->good[place] | s->bad[place]) & bit) != 0)
		return (s->good[place] & bit) != 0;
	if (work > s->v->work) {
		note_fault(s->v, VERIFY_TOO_LARGE, depth, c);
		return false;
	}
	s->v->work -= work;
	if (!cert_is_signed_by(c, &issuer->key)) {
		s->bad[place] |= bit;
		return false;
	}
	s->good[place] |= bit;
	return true;
}

/* Has each CA of the path signed the one below it?  The anchor has signed the
 * last. */
static bool
path_check_signatures(struct search *s)
{
	unsigned i;

	for (i = s->len - 1; i > 0; i--) {
		if (check_signature(s, i - 1, path_cert(s, i), s->path[i]))
			continue;
		note_fault(s->v, VERIFY_BAD_SIGNATURE, i - 1,
		    path_cert(s, i - 1));
		return false;
	}
	return true;
}

/* Does it name a key that is not the candidate's?  Then it is tried last. */
static bool
key_differs(const struct cert *c, const struct cert *issuer)
{
	return c->signer_id.data != NULL && issuer->key_id.data != NULL &&
	    !slice_equal(c->signer_id, issuer->key_id);
}

/* Notes that a CA may not vouch for a certificate below it. */
static void
note_forbidden(struct tls_verify *v, unsigned depth, const struct cert *c,
    const struct cert *ca)
{
	if (note_fault(v, VERIFY_FORBIDDEN_NAME, depth, c))
		cert_name_text(ca->subject, v->at.issuer,
		    sizeof(v->at.issuer));
}

/* May the CA vouch for all names below it?  Otherwise the fault is noted. */
static bool
check_names(const struct search *s, const struct cert *ca, unsigned below)
{
	static const struct slice oid =
	    { (const uint8_t *)"\x55\x1d\x1e", 3 };
	struct tls_verify *v = s->v;
	const struct cert *c;
	unsigned i;

	for (i = 0; i < below; i++) {
		c = path_cert(s, i);
		if (i > 0 && cert_is_self_issued(c))
			continue;
		switch (cert_limit_names(ca, c, i == 0 && !v->want.client,
		    &v->names)) {
		case CERT_ALLOWED:
			continue;
		case CERT_LIMIT_UNKNOWN:
			note_unsupported(v, below, ca, "a kind of", oid);
			break;
		case CERT_NAME_FORBIDDEN:
			note_forbidden(v, i, c, ca);
			break;
		}
		return false;
	}
	return true;
}

/* May all CAs of the complete path vouch for the names below them? */
static bool
path_check_names(const struct search *s, const struct cert *anchor)
{
	unsigned i;

	for (i = 1; i <= s->len; i++)
		if (!check_names(s, i < s->len ? path_cert(s, i) : anchor, i))
			return false;
	return true;
}

/* Writes what tells the name and key of an anchor from others. */
static void
anchor_print(const struct cert *anchor, uint8_t print[TLS_PRINT])
{
	uint8_t hash[br_sha256_SIZE];
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, anchor->subject.data, anchor->subject.len);
	br_sha256_update(&sha, anchor->key_oid.data, anchor->key_oid.len);
	br_sha256_update(&sha, anchor->key_bits.data, anchor->key_bits.len);
	br_sha256_out(&sha, hash);
	memcpy(print, hash, TLS_PRINT);
}

bool
anchors_have(const struct pem_anchors *anchors,
    const uint8_t print[TLS_PRINT])
{
	uint8_t other[TLS_PRINT];
	struct cert c;
	size_t i;

	for (i = 0; i < anchors->num; i++) {
		if (cert_read(&c, anchors->ders[i].data,
		    anchors->ders[i].len) != 0)
			continue;
		anchor_print(&c, other);
		if (memcmp(other, print, TLS_PRINT) == 0)
			return true;
	}
	return false;
}

/* Judges a complete path: the anchor at its end, whose key has signed the last
 * of it, or that is the leaf itself; then the signatures and names below. */
static bool
path_accept(struct search *s, const struct cert *anchor, struct slice aux,
    bool itself)
{
	struct tls_verify *v = s->v;
	int uses = cert_trusted_uses(aux);
	enum verify_fault fault;
	unsigned i;

	fault = cert_fault(v, anchor, itself ? 0 : s->len, count_issuers(s));
	if (fault == VERIFY_OK && (uses < 0 ||
	    ((unsigned)uses & wanted_usage(v)) == 0))
		fault = VERIFY_WRONG_USAGE;
	if (fault != VERIFY_OK) {
		note_fault(v, fault, s->len, anchor);
		return false;
	}
	if (!check_supported(v, anchor, s->len) || (!itself &&
	    (!path_check_signatures(s) || !path_check_names(s, anchor))))
		return false;
	anchor_print(anchor, v->anchor);
	v->until_s = anchor->not_after_s;
	for (i = 0; i < s->len; i++)
		if (path_cert(s, i)->not_after_s < v->until_s)
			v->until_s = path_cert(s, i)->not_after_s;
	return true;
}

/* Tries the anchor of that number among those found; true when the path is
 * complete and good. */
static bool
path_try_anchor(struct search *s, struct slice found, unsigned number,
    bool late, struct beyond *beyond)
{
	const struct cert *c = path_cert(s, s->len - 1);
	struct slice aux = found;
	struct cert anchor;

	if (cert_read(&anchor, found.data, found.len) != 0 ||
	    key_differs(c, &anchor) != late)
		return false;
	aux.data += anchor.all.len;
	aux.len -= anchor.all.len;
	if (!cert_is_ca(&anchor))
		return s->len == 1 && slice_equal(anchor.all, c->all) &&
		    path_accept(s, &anchor, aux, true);
	if (!slice_equal(anchor.subject, c->issuer))
		return false;
	beyond->anchor = true;
	if (!cert_sign_is_known(c) ||
	    !check_signature(s, s->len - 1, &anchor, ANCHOR_BIT + number))
		return false;
	beyond->anchor_signed = true;
	return path_accept(s, &anchor, aux, false);
}

/* Does the path end at an anchor, and is it good? */
static bool
path_try_anchors(struct search *s, struct beyond *beyond)
{
	static const struct slice none = { NULL, 0 };
	struct tls_verify *v = s->v;
	const struct cert *c = path_cert(s, s->len - 1);
	struct pem_space room = { v->room.bytes, sizeof(v->room.bytes), 0 };
	struct slice found[VERIFY_ANCHORS_MAX];
	int i, n, late;

	if (s->len > 1 && s->distance[s->path[s->len - 1]] != 1)
		return false;
	n = anchors_find(v->want.anchors, c->issuer,
	    s->len == 1 ? c->subject : none, &room, found, VERIFY_ANCHORS_MAX);
	if (n < 0)
		note_fault(v, VERIFY_STORE_FAILED, s->len - 1, c);
	for (late = 0; late < 2; late++)
		for (i = 0; i < n; i++)
			if (path_try_anchor(s, found[i], (unsigned)i,
			    late != 0, beyond))
				return true;
	return false;
}

/* Appends a certificate that has the name of the issuer, unless something
 * forbids its use there. */
static bool
path_append(struct search *s, unsigned place)
{
	const struct cert *next = &s->certs[place];
	enum verify_fault fault;

	fault = cert_fault(s->v, next, s->len, count_issuers(s));
	if (fault == VERIFY_OK && key_is_weak(next))
		fault = VERIFY_WEAK_KEY;
	if (fault != VERIFY_OK) {
		note_fault(s->v, fault, s->len, next);
		return false;
	}
	if (!check_supported(s->v, next, s->len))
		return false;
	s->path[s->len++] = place;
	return true;
}

/* Notes that nothing leads on from the last certificate.  The faults of those
 * that were shown, and of an anchor that signed it, are noted. */
static void
path_note_end(struct search *s, const struct beyond *beyond)
{
	const struct cert *c = path_cert(s, s->len - 1);
	enum verify_fault fault = VERIFY_UNKNOWN_CA;

	if (beyond->anchor_signed || (beyond->shown && !beyond->anchor))
		return;
	if (beyond->anchor)
		fault = VERIFY_OTHER_CA_KEY;
	else if (s->len == 1 && cert_is_self_issued(c))
		fault = VERIFY_SELF_SIGNED;
	if (note_fault(s->v, fault, s->len - 1, c))
		s->v->lacks_issuer = !beyond->anchor && s->len == 1;
}

/* May the search go on from the last certificate?  Otherwise the fault is
 * noted. */
static bool
path_check_limits(struct search *s)
{
	const struct cert *c = path_cert(s, s->len - 1);

	if (!cert_sign_is_known(c)) {
		note_unsupported(s->v, s->len - 1, c,
		    "the signature algorithm", c->signer_oid);
		return false;
	}
	if (s->len < VERIFY_PATH_MAX && s->v->tried < VERIFY_TRIED_MAX)
		return true;
	note_fault(s->v, VERIFY_TOO_LARGE, s->len - 1, c);
	return false;
}

/* Is it in the path? */
static bool
path_has(const struct search *s, unsigned place)
{
	unsigned i;

	for (i = 0; i < s->len; i++)
		if (s->path[i] == place)
			return true;
	return false;
}

static bool path_complete(struct search *);

/* Tries the issuers of the last certificate that are at that distance from an
 * anchor. */
static bool
path_try_issuers(struct search *s, unsigned distance, bool late,
    struct beyond *beyond)
{
	unsigned i, last = s->path[s->len - 1];

	for (i = 1; i < s->v->num; i++) {
		if ((s->issuers[last] >> i & 1) == 0 ||
		    s->distance[i] != distance || path_has(s, i) ||
		    key_differs(&s->certs[last], &s->certs[i]) != late)
			continue;
		beyond->shown = true;
		if (!path_append(s, i))
			continue;
		if (path_complete(s))
			return true;
		s->len--;
	}
	return false;
}

/* Extends the path until it is complete and good; false when it cannot be, and
 * then it is as it was. */
static bool
path_complete(struct search *s)
{
	struct beyond beyond = { false, false, false };
	unsigned distance, late;

	if (path_try_anchors(s, &beyond))
		return true;
	if (!path_check_limits(s))
		return false;
	s->v->tried++;
	for (late = 0; late < 2; late++)
		for (distance = 1; distance < FAR; distance++)
			if (path_try_issuers(s, distance, late != 0, &beyond))
				return true;
	for (late = 0; late < 2; late++)
		if (path_try_issuers(s, FAR, late != 0, &beyond))
			return true;
	path_note_end(s, &beyond);
	return false;
}

/* Reads what was kept, and notes who has the name of whose issuer; false if
 * the leaf is malformed.  Others that are were not kept. */
static bool
search_read(struct search *s)
{
	const struct tls_verify *v = s->v;
	unsigned i, j;

	for (i = 0; i < v->num; i++)
		if (cert_read(&s->certs[i], v->kept[i].data,
		    v->kept[i].len) != 0 ||
		    s->certs[i].all.len != v->kept[i].len)
			return false;
	for (i = 0; i < v->num; i++)
		for (j = 1; j < v->num; j++)
			if (slice_equal(s->certs[j].subject,
			    s->certs[i].issuer))
				s->issuers[i] |= (uint16_t)(1U << j);
	return true;
}

/* The certificates to which names lead from the leaf, as bits. */
static unsigned
search_reach(const struct search *s)
{
	unsigned reach = 1, old = 0, i;

	while (reach != old) {
		old = reach;
		for (i = 0; i < s->v->num; i++)
			if (reach >> i & 1)
				reach |= s->issuers[i];
	}
	return reach;
}

/* Fills distance. */
static void
search_measure(struct search *s)
{
	static const struct slice none = { NULL, 0 };
	struct pem_space room = { s->v->room.bytes,
	    sizeof(s->v->room.bytes), 0 };
	unsigned i, j, k, reach = search_reach(s);
	struct slice found;

	for (i = 0; i < s->v->num; i++) {
		s->distance[i] = FAR;
		room.used = 0;
		/* An error is noted when a path gets there. */
		if ((reach >> i & 1) != 0 && anchors_find(s->v->want.anchors,
		    s->certs[i].issuer, none, &room, &found, 1) != 0)
			s->distance[i] = 1;
	}
	for (k = 2; k < FAR; k++)
		for (i = 0; i < s->v->num; i++)
			for (j = 1; j < s->v->num; j++)
				if ((s->issuers[i] >> j & 1) != 0 &&
				    s->distance[i] == FAR &&
				    s->distance[j] == k - 1)
					s->distance[i] = (uint8_t)k;
}

/* What the leaf says of its use; VERIFY_OK if nothing forbids it. */
static enum verify_fault
leaf_fault(const struct tls_verify *v, const struct cert *leaf)
{
	if (leaf->has_ext_usage && (leaf->ext_usage & wanted_usage(v)) == 0)
		return VERIFY_WRONG_USAGE;
	/* ECDHE wants signatures. */
	if (leaf->has_key_usage &&
	    (leaf->key_usage & (CERT_SIGN | CERT_NON_REPUDIATION)) == 0)
		return VERIFY_WRONG_USAGE;
	if (v->want.name != NULL && !cert_is_for(leaf, v->want.name))
		return VERIFY_WRONG_NAME;
	return VERIFY_OK;
}

/* Notes a fault of the leaf alone, which no path mends; returns whether there
 * is none. */
static bool
check_leaf(struct tls_verify *v, const struct cert *leaf)
{
	enum verify_fault fault = cert_fault(v, leaf, 0, 0);

	if (fault == VERIFY_OK && key_is_weak(leaf))
		fault = VERIFY_WEAK_KEY;
	if (fault != VERIFY_OK)
		note_fault(v, fault, 0, leaf);
	return fault == VERIFY_OK && check_supported(v, leaf, 0);
}

void
tls_verify_search(struct tls_verify *v)
{
	struct search s;
	const struct cert *leaf = &s.certs[0];

	memset(&s, 0, sizeof(s));
	s.v = v;
	if (!search_read(&s)) {
		v->fault = VERIFY_MALFORMED;
		return;
	}
	fill_info(&v->leaf, leaf);
	s.len = 1;
	if (!check_leaf(v, leaf))
		return;
	search_measure(&s);
	if (!path_complete(&s))
		return;
	v->fault = leaf_fault(v, leaf);
	v->name_as_dns = v->fault == VERIFY_WRONG_NAME &&
	    cert_has_address_as_name(leaf, v->want.name);
	v->depth = 0;
	v->at = v->leaf;
	v->leaf_key = leaf->key;
}
