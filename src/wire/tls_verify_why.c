/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Words for what is wrong with a peer's certificate, and the remedy.
 *
 * NOTES.  Each text goes on after "certificate "CN=x" (...)".  Settings have
 * the name that they have in a specification and as a long option.
 */

#include "compat.h"

#include "wire/tls_verify.h"

#include "base/text.h"

/* Writes `certificate "CN=x" (2026-01-01 to 2027-01-01, issued by "CN=y")`. */
static void
add_cert(struct text *t, const struct verify_info *info)
{
	char from[16], to[16];

	if (!info->known) {
		text_add(t, "certificate");
		return;
	}
	cert_day_text(info->not_before_s, from);
	cert_day_text(info->not_after_s, to);
	text_add(t, "certificate \"%s\" (%s to %s, issued by \"%s\")",
	    info->subject, from, to, info->issuer);
}

static void
add_name_fault(struct text *t, const struct tls_verify *v)
{
	text_add(t, " is for %s, not for %s; ",
	    v->leaf.names[0] != '\0' ? v->leaf.names : "no host at all",
	    v->want.name);
	if (v->name_as_dns)
		text_add(t, "an address must be in it as an IP address, not as "
		    "a DNS name or common name: have it issued again "
		    "(subjectAltName=IP:%s)", v->want.name);
	else
		text_add(t, "set tls-servername to a name that it has, or use "
		    "a certificate for %s", v->want.name);
}

static void
add_anchor_fault(struct text *t, const struct tls_verify *v, const char *role)
{
	switch (v->fault) {
	case VERIFY_SELF_SIGNED:
		text_add(t, " signed itself and is not among those that we "
		    "trust; if it is the right one, name it as cafile");
		break;
	case VERIFY_OTHER_CA_KEY:
		text_add(t, " was not signed by the key of \"%s\" that we "
		    "trust; was that CA renewed? Then name its newest "
		    "certificate as cafile", v->at.issuer);
		break;
	default:
		text_add(t, " comes from a CA that we do not trust, \"%s\"; "
		    "name that CA's certificate as cafile", v->at.issuer);
		if (v->lacks_issuer)
			text_add(t, "; or, if it is an intermediate CA, the %s "
			    "does not send its intermediate certificate; its "
			    "operator should use fullchain.pem", role);
		break;
	}
}

static void
add_date_fault(struct text *t, const struct tls_verify *v)
{
	char now[16], day[16];

	cert_day_text(v->want.now_s, now);
	if (v->fault == VERIFY_EXPIRED) {
		cert_day_text(v->at.not_after_s, day);
		text_add(t, " expired on %s and our clock says %s; have it "
		    "renewed, or set the clock", day, now);
	} else {
		cert_day_text(v->at.not_before_s, day);
		text_add(t, " is not valid before %s and our clock says %s; "
		    "set the clock, or wait", day, now);
	}
}

/* What needs no more than the role of the peer. */
static const char *
fixed_text(enum verify_fault fault)
{
	switch (fault) {
	case VERIFY_OK:
		return " is valid";
	case VERIFY_NOT_CA:
		return " signed the one before it and is not a CA's, or not "
		    "for so long a chain; have the chain issued again";
	case VERIFY_BAD_SIGNATURE:
		return " was not signed by the key of its issuer that was "
		    "shown; have the chain issued again";
	case VERIFY_WEAK_KEY:
		return " has an RSA key of less than 2048 bits; use a new key";
	case VERIFY_MALFORMED:
		return " is damaged or no X.509 certificate; have it "
		    "issued again";
	case VERIFY_STORE_FAILED:
		return " cannot be judged: the file of trusted certificates "
		    "was changed in place, or cannot be read any more; start "
		    "this program again";
	default:
		return " was refused";
	}
}

static void
add_fault(struct text *t, const struct tls_verify *v)
{
	const char *role = v->want.client ? "client" : "server";

	switch (v->fault) {
	case VERIFY_NOT_DONE:
	case VERIFY_NO_CERT:
		text_add(t, " was not shown by the %s", role);
		break;
	case VERIFY_EXPIRED:
	case VERIFY_NOT_YET:
		add_date_fault(t, v);
		break;
	case VERIFY_UNKNOWN_CA:
	case VERIFY_SELF_SIGNED:
	case VERIFY_OTHER_CA_KEY:
		add_anchor_fault(t, v, role);
		break;
	case VERIFY_WRONG_NAME:
		add_name_fault(t, v);
		break;
	case VERIFY_WRONG_USAGE:
		text_add(t, " may not be used by a TLS %s; use one made for "
		    "that (digitalSignature, extended key usage %sAuth)",
		    role, role);
		break;
	case VERIFY_FORBIDDEN_NAME:
		text_add(t, " has a name for which its CA \"%s\" may not "
		    "vouch (name constraints); have it issued by a CA that "
		    "may", v->at.issuer);
		break;
	case VERIFY_UNSUPPORTED:
		text_add(t, " has %s, which Adit does not support; use RSA of "
		    "2048 to 4096 bits or EC P-256, P-384 or P-521, with "
		    "SHA-256", v->what);
		break;
	case VERIFY_TOO_LARGE:
		text_add(t, " is too large, or its chain too long or too "
		    "branched (at most %d bytes, %d certificates, and %d "
		    "signatures of P-256 or %d of P-521)", VERIFY_CERT_MAX,
		    VERIFY_PATH_MAX, VERIFY_WORK_MAX, VERIFY_WORK_MAX / 8);
		break;
	default:
		text_add(t, "%s", fixed_text(v->fault));
		break;
	}
}

void
tls_verify_why(const struct tls_verify *v, char *text, size_t size)
{
	struct text t;

	text_init(&t, text, size);
	/* A fault further up: whose chain it is comes first. */
	if (v->fault != VERIFY_OK && v->at.known && v->depth > 0)
		text_add(&t, "in the chain of \"%s\": ", v->leaf.subject);
	add_cert(&t, &v->at);
	add_fault(&t, v);
}
