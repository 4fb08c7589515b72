/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Searches a path from a peer's certificate to a trust anchor.
 *
 * NOTES.  The search is depth first: a path is extended by each certificate
 * that was shown and has the name of the issuer that is wanted, once no anchor
 * has signed its last one.  A candidate whose key identifier differs from the
 * one that is wanted is tried after the others (RFC 4158 3.5.12).  What a
 * candidate says of itself is judged before its signature costs anything.  Name
 * constraints are compared on complete paths only, so that strangers cannot
 * cause that work.
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
};

/* The path so far. */
struct path {
	struct cert certs[VERIFY_PATH_MAX];	/* the leaf first */
	unsigned kept[VERIFY_PATH_MAX];	/* their places in kept[] */
	unsigned len;			/* of the path */
};

static bool
slice_equal(struct slice a, struct slice b)
{
	return slice_is(a, b.data, b.len);
}

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

/* What a certificate at that depth says of itself; VERIFY_OK if nothing
 * forbids its use there.  issuers: CAs below it in the path that are not
 * self-issued (RFC 5280 6.1.4 l). */
static enum verify_fault
cert_fault(const struct tls_verify *v, const struct cert *c, unsigned depth,
    int issuers)
{
	unsigned want = v->want.client ? CERT_CLIENT_AUTH : CERT_SERVER_AUTH;

	if (v->want.now_s < c->not_before_s)
		return VERIFY_NOT_YET;
	if (v->want.now_s > c->not_after_s)
		return VERIFY_EXPIRED;
	if (depth == 0)
		return VERIFY_OK;
	if (!cert_is_ca(c) || (c->has_key_usage &&
	    (c->key_usage & CERT_CERT_SIGN) == 0) ||
	    (c->path_max >= 0 && c->path_max < issuers))
		return VERIFY_NOT_CA;
	if (c->has_ext_usage && (c->ext_usage & (want | CERT_ANY_USAGE)) == 0)
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

/* Counts the CAs of the path that are not self-issued. */
static int
count_issuers(const struct path *p)
{
	int n = 0;
	unsigned i;

	for (i = 1; i < p->len; i++)
		n += !cert_is_self_issued(&p->certs[i]);
	return n;
}

/* Did the issuer sign the last of the path?  Costs one of the checks. */
static bool
check_signature(struct tls_verify *v, const struct path *p,
    const struct cert *issuer)
{
	const struct cert *c = &p->certs[p->len - 1];

	if (v->checks == 0) {
		note_fault(v, VERIFY_TOO_LARGE, p->len - 1, c);
		return false;
	}
	v->checks--;
	return cert_is_signed_by(c, &issuer->key);
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
check_names(struct tls_verify *v, const struct path *p, const struct cert *ca,
    unsigned below)
{
	static const struct slice oid =
	    { (const uint8_t *)"\x55\x1d\x1e", 3 };
	const struct cert *c;
	unsigned i;

	for (i = 0; i < below; i++) {
		c = &p->certs[i];
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
path_check_names(struct tls_verify *v, const struct path *p,
    const struct cert *anchor)
{
	unsigned i;

	for (i = 1; i <= p->len; i++)
		if (!check_names(v, p, i < p->len ? &p->certs[i] : anchor, i))
			return false;
	return true;
}

/* Judges the anchor at the end of a path, whose key has signed the last of it;
 * or that is the leaf itself. */
static bool
path_accept(struct tls_verify *v, const struct path *p,
    const struct cert *anchor, struct slice aux, bool itself)
{
	int uses = cert_trusted_uses(aux), want = v->want.client ?
	    CERT_CLIENT_AUTH : CERT_SERVER_AUTH;
	enum verify_fault fault;
	unsigned i;

	fault = cert_fault(v, anchor, itself ? 0 : p->len, count_issuers(p));
	if (fault == VERIFY_OK && (uses < 0 || (uses & want) == 0))
		fault = VERIFY_WRONG_USAGE;
	if (fault != VERIFY_OK) {
		note_fault(v, fault, p->len, anchor);
		return false;
	}
	if (!check_supported(v, anchor, p->len) ||
	    (!itself && !path_check_names(v, p, anchor)))
		return false;
	v->until_s = anchor->not_after_s;
	for (i = 0; i < p->len; i++)
		if (p->certs[i].not_after_s < v->until_s)
			v->until_s = p->certs[i].not_after_s;
	return true;
}

/* Tries an anchor; true when the path is complete.  *named is set if it has the
 * issuer's name. */
static bool
path_try_anchor(struct tls_verify *v, const struct path *p, struct slice found,
    bool late, bool *named)
{
	const struct cert *c = &p->certs[p->len - 1];
	struct slice aux = found;
	struct cert anchor;

	if (cert_read(&anchor, found.data, found.len) != 0 ||
	    key_differs(c, &anchor) != late)
		return false;
	aux.data += anchor.all.len;
	aux.len -= anchor.all.len;
	if (!cert_is_ca(&anchor))
		return p->len == 1 && slice_equal(anchor.all, c->all) &&
		    path_accept(v, p, &anchor, aux, true);
	if (!slice_equal(anchor.subject, c->issuer))
		return false;
	*named = true;
	return cert_sign_is_known(c) && check_signature(v, p, &anchor) &&
	    path_accept(v, p, &anchor, aux, false);
}

/* Does the path end at an anchor? */
static bool
path_try_anchors(struct tls_verify *v, const struct path *p, bool *named)
{
	static const struct slice none = { NULL, 0 };
	const struct cert *c = &p->certs[p->len - 1];
	struct pem_space room = { v->room.bytes, sizeof(v->room.bytes), 0 };
	struct slice found[VERIFY_ANCHORS_MAX];
	int i, n, late;

	n = anchors_find(v->want.anchors, c->issuer,
	    p->len == 1 ? c->subject : none, &room, found, VERIFY_ANCHORS_MAX);
	if (n < 0)
		note_fault(v, VERIFY_STORE_FAILED, p->len - 1, c);
	for (late = 0; late < 2; late++)
		for (i = 0; i < n; i++)
			if (path_try_anchor(v, p, found[i], late != 0, named))
				return true;
	return false;
}

/* Appends a certificate that was shown, if it is an issuer of the last one.
 * *named is set if it has the issuer's name. */
static bool
path_append(struct tls_verify *v, struct path *p, unsigned kept, bool late,
    bool *named)
{
	const struct cert *c = &p->certs[p->len - 1];
	struct cert *next = &p->certs[p->len];
	enum verify_fault fault;
	unsigned i;

	for (i = 0; i < p->len; i++)
		if (p->kept[i] == kept)
			return false;
	if (cert_read(next, v->kept[kept].data, v->kept[kept].len) != 0 ||
	    next->all.len != v->kept[kept].len ||
	    !slice_equal(next->subject, c->issuer) ||
	    key_differs(c, next) != late)
		return false;
	*named = true;
	fault = cert_fault(v, next, p->len, count_issuers(p));
	if (fault == VERIFY_OK && key_is_weak(next))
		fault = VERIFY_WEAK_KEY;
	if (fault != VERIFY_OK) {
		note_fault(v, fault, p->len, next);
		return false;
	}
	if (!check_supported(v, next, p->len))
		return false;
	if (!check_signature(v, p, next)) {
		note_fault(v, VERIFY_BAD_SIGNATURE, p->len - 1, c);
		return false;
	}
	p->kept[p->len++] = kept;
	return true;
}

/* Notes that nothing leads on from the last certificate.  anchor, shown: one
 * of that kind has the issuer's name.  The faults of those shown are noted. */
static void
path_note_end(struct tls_verify *v, const struct path *p, bool anchor,
    bool shown)
{
	const struct cert *c = &p->certs[p->len - 1];
	enum verify_fault fault = VERIFY_UNKNOWN_CA;

	if (anchor)
		fault = VERIFY_OTHER_CA_KEY;
	else if (p->len == 1 && cert_is_self_issued(c))
		fault = VERIFY_SELF_SIGNED;
	if ((anchor || !shown) && note_fault(v, fault, p->len - 1, c))
		v->lacks_issuer = !anchor && p->len == 1;
}

/* Extends the path until it is complete; false when it cannot be, and then it
 * is as it was. */
static bool
path_complete(struct tls_verify *v, struct path *p)
{
	const struct cert *c = &p->certs[p->len - 1];
	bool anchor = false, shown = false;
	unsigned i, late;

	if (path_try_anchors(v, p, &anchor))
		return true;
	if (!cert_sign_is_known(c)) {
		note_unsupported(v, p->len - 1, c, "the signature algorithm",
		    c->signer_oid);
		return false;
	}
	if (p->len == VERIFY_PATH_MAX) {
		note_fault(v, VERIFY_TOO_LARGE, p->len - 1, c);
		return false;
	}
	for (late = 0; late < 2; late++) {
		for (i = 1; i < v->num; i++) {
			if (!path_append(v, p, i, late != 0, &shown))
				continue;
			if (path_complete(v, p))
				return true;
			p->len--;
		}
	}
	path_note_end(v, p, anchor, shown);
	return false;
}

/* What the leaf says of its use; VERIFY_OK if nothing forbids it. */
static enum verify_fault
leaf_fault(const struct tls_verify *v, const struct cert *leaf)
{
	unsigned want = v->want.client ? CERT_CLIENT_AUTH : CERT_SERVER_AUTH;

	if (leaf->has_ext_usage &&
	    (leaf->ext_usage & (want | CERT_ANY_USAGE)) == 0)
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
	struct path p;
	const struct cert *leaf = &p.certs[0];

	if (cert_read(&p.certs[0], v->kept[0].data, v->kept[0].len) != 0 ||
	    leaf->all.len != v->kept[0].len) {
		v->fault = VERIFY_MALFORMED;
		return;
	}
	fill_info(&v->leaf, leaf);
	p.kept[0] = 0;
	p.len = 1;
	if (!check_leaf(v, leaf) || !path_complete(v, &p))
		return;
	v->fault = leaf_fault(v, leaf);
	v->name_as_dns = v->fault == VERIFY_WRONG_NAME &&
	    cert_has_address_as_name(leaf, v->want.name);
	v->depth = 0;
	v->at = v->leaf;
	v->leaf_key = leaf->key;
	v->leaf_usages = BR_KEYTYPE_SIGN;
}
