/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Adds a certificate to a certificate store of Windows:
 *
 *	store machine|user STORE FILE.der [PROPERTY]
 *
 * PROPERTY restricts its use:
 *
 *	disabled	for nothing (no usage)
 *	clients		for clients only
 *	servers		for servers only
 */

#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <wincrypt.h>

#define EKU "\x06\x08\x2b\x06\x01\x05\x05\x07\x03"	/* id-kp */

/* Values of properties. */
static BYTE none[] = "\x30\x00", servers[] = "\x30\x0a" EKU "\x01",
    clients[] = "\x30\x0a" EKU "\x02";

static const struct {
	const char *name;
	CRYPT_DATA_BLOB usages;
} properties[] = {
	{ "disabled", { 2, none } },
	{ "clients", { 12, clients } },
	{ "servers", { 12, servers } },
};

static int
fail(const char *what)
{
	fprintf(stderr, "store: %s: error %lx\n", what, GetLastError());
	return 1;
}

static int
restrict_use(PCCERT_CONTEXT c, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(properties) / sizeof(*properties); i++)
		if (strcmp(properties[i].name, name) == 0)
			return CertSetCertificateContextProperty(c,
			    CERT_ENHKEY_USAGE_PROP_ID, 0,
			    &properties[i].usages) ? 0 : fail(name);
	return fail("no such property");
}

int
main(int argc, char **argv)
{
	static BYTE der[65536];
	wchar_t name[64];
	PCCERT_CONTEXT c;
	HCERTSTORE store;
	size_t len;
	FILE *f;

	if (argc < 4)
		return fail("usage");
	f = fopen(argv[3], "rb");
	if (f == NULL)
		return fail(argv[3]);
	len = fread(der, 1, sizeof(der), f);
	fclose(f);
	MultiByteToWideChar(CP_ACP, 0, argv[2], -1, name, 64);
	store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0,
	    strcmp(argv[1], "machine") == 0 ? CERT_SYSTEM_STORE_LOCAL_MACHINE :
	    CERT_SYSTEM_STORE_CURRENT_USER, name);
	if (store == NULL)
		return fail(argv[2]);
	if (!CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, der,
	    (DWORD)len, CERT_STORE_ADD_REPLACE_EXISTING, &c))
		return fail("add");
	if (argc > 4 && restrict_use(c, argv[4]) != 0)
		return 1;
	CertFreeCertificateContext(c);
	return CertCloseStore(store, 0) ? 0 : fail("close");
}
