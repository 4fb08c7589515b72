/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The files in which POSIX systems keep the CAs that they trust.
 */

#include "compat.h"

#include "net/trust_store.h"

#include "base/file.h"

/* The likeliest first. */
static const char *const trust_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Arch, Alpine */
	"/etc/pki/tls/certs/ca-bundle.crt",	/* Fedora, RHEL */
	"/etc/ssl/cert.pem",			/* OpenBSD, macOS, Alpine */
	"/etc/ssl/ca-bundle.pem",		/* openSUSE */
	"/usr/local/share/certs/ca-root-nss.crt",	/* FreeBSD */
	"/etc/ssl/certs/ca-bundle.crt",		/* NixOS */
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/openssl/certs/ca-certificates.crt",	/* NetBSD */
	"/usr/local/etc/ssl/cert.pem",		/* FreeBSD ports */
	"/opt/etc/ssl/certs/ca-certificates.crt",	/* Entware */
	"/system/etc/security/cacerts.pem",
	"/data/data/com.termux/files/usr/etc/tls/cert.pem",
};

int
trust_store_find(struct trust_store *store)
{
	const char *why;
	size_t i;
	FILE *f;

	memset(store, 0, sizeof(*store));
	for (i = 0; i < sizeof(trust_files) / sizeof(*trust_files); i++) {
		f = file_open(trust_files[i], &why);
		if (f != NULL) {
			fclose(f);
			store->name = trust_files[i];
			return 0;
		}
	}
	store->name = "the usual files of this system";
	return -1;
}
