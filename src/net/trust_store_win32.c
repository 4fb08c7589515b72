/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The certificate stores of Windows as trust anchors: ROOT of the machine and
 * of the user, without what these do not trust for servers.
 *
 * NOTES.  A certificate of ROOT is left out if
 *
 *	it, or a certificate with its key,	is in the store Disallowed of
 *						machine or user
 *	its usages (certificate and property)	are not those of servers; none
 *						at all: it was disabled
 *	a property says since when		it is disallowed for servers, or
 *						for all certificates that are
 *						newer
 *
 * The last one is more than Windows does, which goes on trusting older
 * certificates.  A copy of what is left is used until a reload, so what changes
 * in the stores is noticed then.
 */

#include "compat.h"

#include <windows.h>
#include <wincrypt.h>

#include "net/trust_store.h"

#include "wire/cert.h"

enum {
	STORES = 2,		/* of the machine, and of the user */
	USAGE_ROOM = 4096,	/* bytes of a list of usages */
	/* Properties of certificates that older headers lack. */
	DISALLOWED_TIME = 104,	/* CERT_DISALLOWED_FILETIME_PROP_ID */
	DISALLOWED_USAGE = 122,	/* CERT_DISALLOWED_ENHKEY_USAGE_PROP_ID */
	NEWER_TIME = 126,	/* CERT_NOT_BEFORE_FILETIME_PROP_ID */
	NEWER_USAGE = 127,	/* CERT_NOT_BEFORE_ENHKEY_USAGE_PROP_ID */
};

static const char usage_any[] = "2.5.29.37.0";	/* anyExtendedKeyUsage */

/* The stores, and the text that is made of them. */
struct reading {
	HCERTSTORE root[STORES];	/* NULL: cannot be opened */
	HCERTSTORE disallowed[STORES];
	struct trust_store *to;
	size_t size;		/* bytes of the text's memory */
};

/* Opens a store of the machine or the user; NULL: there is none. */
static HCERTSTORE
open_store(int i, const wchar_t *name)
{
	static const DWORD place[STORES] = {
		CERT_SYSTEM_STORE_LOCAL_MACHINE, CERT_SYSTEM_STORE_CURRENT_USER,
	};

	return CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, place[i] |
	    CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG, name);
}

/* Has a list of usages that of servers? */
static bool
usage_has_server(const CERT_ENHKEY_USAGE *usage)
{
	DWORD i;

	for (i = 0; i < usage->cUsageIdentifier; i++)
		if (strcmp(usage->rgpszUsageIdentifier[i],
		    szOID_PKIX_KP_SERVER_AUTH) == 0 ||
		    strcmp(usage->rgpszUsageIdentifier[i], usage_any) == 0)
			return true;
	return false;
}

/* May it be used for servers, by its extension and by the property that the
 * user or the system has set?  False also when these cannot be read. */
static bool
usage_is_allowed(PCCERT_CONTEXT c)
{
	union {
		CERT_ENHKEY_USAGE list;
		char space[USAGE_ROOM];
	} usage;
	DWORD size = sizeof(usage);

	if (!CertGetEnhancedKeyUsage(c, 0, &usage.list, &size))
		return GetLastError() == (DWORD)CRYPT_E_NOT_FOUND;
	/* No usage is either all of them or none. */
	if (usage.list.cUsageIdentifier == 0)
		return GetLastError() == (DWORD)CRYPT_E_NOT_FOUND;
	return usage_has_server(&usage.list);
}

/* Is the time of a property, for the usages of a second one (without: for
 * all), in the past?  True also when these cannot be read. */
static bool
time_is_past(PCCERT_CONTEXT c, DWORD time, DWORD usages)
{
	union {
		CERT_ENHKEY_USAGE list;
		char space[USAGE_ROOM];
	} usage;
	FILETIME since, now;
	BYTE der[1024];
	DWORD len = sizeof(since), size = sizeof(usage);

	if (!CertGetCertificateContextProperty(c, time, &since, &len))
		return GetLastError() != (DWORD)CRYPT_E_NOT_FOUND;
	GetSystemTimeAsFileTime(&now);
	if (CompareFileTime(&since, &now) > 0)
		return false;
	len = sizeof(der);
	if (!CertGetCertificateContextProperty(c, usages, der, &len) ||
	    !CryptDecodeObject(X509_ASN_ENCODING, X509_ENHANCED_KEY_USAGE, der,
	    len, 0, &usage, &size))
		return true;
	return usage_has_server(&usage.list);
}

/* Is it in a store of disallowed certificates, or one with its key? */
static bool
store_disallows(HCERTSTORE store, PCCERT_CONTEXT c)
{
	PCCERT_CONTEXT bad = NULL;

	while ((bad = CertEnumCertificatesInStore(store, bad)) != NULL)
		if (CertComparePublicKeyInfo(X509_ASN_ENCODING,
		    &bad->pCertInfo->SubjectPublicKeyInfo,
		    &c->pCertInfo->SubjectPublicKeyInfo)) {
			CertFreeCertificateContext(bad);
			return true;
		}
	return false;
}

/* Does the system trust it to vouch for servers? */
static bool
reading_trusts(const struct reading *r, PCCERT_CONTEXT c)
{
	int i;

	for (i = 0; i < STORES; i++)
		if (r->disallowed[i] != NULL &&
		    store_disallows(r->disallowed[i], c))
			return false;
	return usage_is_allowed(c) &&
	    !time_is_past(c, DISALLOWED_TIME, DISALLOWED_USAGE) &&
	    !time_is_past(c, NEWER_TIME, NEWER_USAGE);
}

/* Is it in a store, so that it was looked at before? */
static bool
store_has(HCERTSTORE store, PCCERT_CONTEXT c)
{
	PCCERT_CONTEXT found = CertFindCertificateInStore(store,
	    X509_ASN_ENCODING, 0, CERT_FIND_EXISTING, c, NULL);

	if (found == NULL)
		return false;
	CertFreeCertificateContext(found);
	return true;
}

/* Grows the text by n bytes; NULL: no memory. */
static char *
reading_grow(struct reading *r, size_t n)
{
	char *text;

	if (r->to->len + n > r->size) {
		r->size = 2 * (r->to->len + n);
		text = realloc(r->to->text, r->size);
		if (text == NULL)
			return NULL;
		r->to->text = text;
	}
	return r->to->text + r->to->len;
}

/* Appends a certificate as PEM; false: no memory. */
static bool
reading_add(struct reading *r, PCCERT_CONTEXT c)
{
	DWORD n = 0;
	char *to;

	if (!CryptBinaryToStringA(c->pbCertEncoded, c->cbCertEncoded,
	    CRYPT_STRING_BASE64HEADER, NULL, &n))
		return false;
	to = reading_grow(r, n);
	if (to == NULL || !CryptBinaryToStringA(c->pbCertEncoded,
	    c->cbCertEncoded, CRYPT_STRING_BASE64HEADER, to, &n))
		return false;
	r->to->len += n;
	return true;
}

/* Takes a certificate into the text, or counts why not; false: no memory. */
static bool
reading_take(struct reading *r, PCCERT_CONTEXT c)
{
	struct cert cert;

	if (cert_read(&cert, c->pbCertEncoded, c->cbCertEncoded) != 0) {
		r->to->malformed++;
		return true;
	}
	if (!reading_trusts(r, c)) {
		r->to->refused++;
		return true;
	}
	return reading_add(r, c);
}

/* Takes the certificates of store i, but those that one before it has, too;
 * false: no memory. */
static bool
reading_walk(struct reading *r, int i)
{
	PCCERT_CONTEXT c = NULL;

	while ((c = CertEnumCertificatesInStore(r->root[i], c)) != NULL)
		if ((i == 0 || r->root[0] == NULL ||
		    !store_has(r->root[0], c)) && !reading_take(r, c)) {
			CertFreeCertificateContext(c);
			return false;
		}
	return true;
}

int
trust_store_find(struct trust_store *store)
{
	struct reading r;
	bool good = true;
	int i;

	memset(&r, 0, sizeof(r));
	memset(store, 0, sizeof(*store));
	store->name = "the certificate store ROOT of machine and user";
	r.to = store;
	for (i = 0; i < STORES; i++) {
		r.root[i] = open_store(i, L"ROOT");
		r.disallowed[i] = open_store(i, L"Disallowed");
	}
	for (i = 0; i < STORES; i++)
		if (r.root[i] != NULL)
			good = good && reading_walk(&r, i);
	for (i = 0; i < STORES; i++) {
		if (r.root[i] != NULL)
			CertCloseStore(r.root[i], 0);
		if (r.disallowed[i] != NULL)
			CertCloseStore(r.disallowed[i], 0);
	}
	if (good && store->len > 0)
		return 0;
	free(store->text);
	store->text = NULL;
	store->len = 0;
	return -1;
}
