/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Chains as the world makes them, and hostile ones: the files of
 * tests/data/chains.  `openssl verify` judges each of them as well, where it is
 * installed.  A build without TLS leaves this out.
 */

#include "compat.h"

#include "tap.h"
#include "tls_data.h"

#include "base/log.h"
#include "wire/tls_verify.h"

/* What OpenSSL says; OTHERWISE: not what we say, for a reason that is given. */
enum openssl { SAME, OTHERWISE };

struct check {
	const char *name;		/* of the files */
	const char *host;		/* NULL: a client's */
	enum verify_fault fault;
	const char *why;		/* a part of it, or NULL */
	enum openssl openssl;
};

#define VPN "vpn.example.com"
#define BANK "vpn.bank.test"

static const struct check checks[] = {
	/* Any order. */
	{ "chain-leaf-twice", VPN, VERIFY_OK, NULL, SAME },
	{ "chain-root-first", VPN, VERIFY_OK, NULL, SAME },
	{ "chain-expired-issue-first", VPN, VERIFY_OK, NULL, SAME },
	{ "order-reversed", VPN, VERIFY_OK, NULL, SAME },
	{ "order-stranger", VPN, VERIFY_OK, NULL, SAME },
	{ "order-leaf-thrice", VPN, VERIFY_OK, NULL, SAME },
	{ "order-sibling", VPN, VERIFY_OK, NULL, SAME },
	/* OpenSSL takes the first of the name, unless key identifiers say which
	 * it is. */
	{ "order-other-key", VPN, VERIFY_OK, NULL, OTHERWISE },
	{ "order-other-key-ids", VPN, VERIFY_OK, NULL, SAME },
	{ "order-cross", VPN, VERIFY_OK, NULL, OTHERWISE },
	{ "order-loop", VPN, VERIFY_OK, NULL, OTHERWISE },
	{ "order-old-root", VPN, VERIFY_OK, NULL, SAME },
	{ "order-not-yet-first", VPN, VERIFY_OK, NULL, SAME },
	{ "order-ed25519", VPN, VERIFY_OK, NULL, SAME },
	{ "order-client", NULL, VERIFY_OK, NULL, SAME },
	{ "order-missing", VPN, VERIFY_UNKNOWN_CA, "the server does not send "
	    "its intermediate certificate; its operator should use "
	    "fullchain.pem", SAME },
	{ "order-missing-low", VPN, VERIFY_UNKNOWN_CA, "does not send its "
	    "intermediate", SAME },
	{ "order-missing-inter", VPN, VERIFY_UNKNOWN_CA, "in the chain of "
	    "\"CN=leaf\": certificate \"CN=Low\"", SAME },
	{ "order-only-old-root", VPN, VERIFY_EXPIRED, "certificate \"CN=Old "
	    "root\"", SAME },
	{ "order-forged", VPN, VERIFY_BAD_SIGNATURE, "certificate \"CN=leaf\"",
	    SAME },

	/* Keys whose signatures cost much to check. */
	{ "p521-four", VPN, VERIFY_OK, NULL, SAME },
	{ "p521-mutual", VPN, VERIFY_TOO_LARGE, "too branched", SAME },
	{ "p521-forged", VPN, VERIFY_OTHER_CA_KEY, NULL, SAME },
	{ "p521-forged-hard", VPN, VERIFY_TOO_LARGE, "32 signatures of P-256 "
	    "or 4 of P-521", SAME },

	/* Name constraints: DNS names. */
	{ "constrained-root-outside", BANK, VERIFY_FORBIDDEN_NAME,
	    "\"CN=Constrained root\" may not vouch", SAME },
	{ "constrained-intermediate-inside", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-inter-outside", BANK, VERIFY_FORBIDDEN_NAME, "\"CN=Inter\"",
	    SAME },
	{ "dns-root-inside", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-root-weak-outside", BANK, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-inter-weak-inside", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-excluded", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-excluded-above", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-excluded-other", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-excluded-of-permitted", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-suffix", "badexample.com", VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-dot", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-dot-itself", "example.com", VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-case", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-second", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-one-outside", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-wildcard", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-wildcard-outside", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	/* OpenSSL does not see that the wildcard reaches the excluded name. */
	{ "dns-wildcard-excluded", VPN, VERIFY_FORBIDDEN_NAME, NULL,
	    OTHERWISE },
	{ "dns-common-name", BANK, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-common-name-inside", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-client-name", NULL, VERIFY_OK, NULL, SAME },
	{ "dns-client-host", NULL, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	/* A common name that would be refused is not the client's identity. */
	{ "client-address-of-5", NULL, VERIFY_UNSUPPORTED, "nameConstraints",
	    SAME },
	{ "client-name-too-long", NULL, VERIFY_OK, NULL, SAME },
	{ "client-name-empty", NULL, VERIFY_OK, NULL, SAME },
	/* OpenSSL compares the common name beside an address, too. */
	{ "client-address", NULL, VERIFY_OK, NULL, OTHERWISE },
	{ "client-mail-only", NULL, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dns-both-inside", VPN, VERIFY_OK, NULL, SAME },
	{ "dns-root-beats-inter", BANK, VERIFY_FORBIDDEN_NAME, "\"CN=Root\" "
	    "may not vouch", SAME },
	/* OpenSSL does not look for a second path. */
	{ "dns-second-path", VPN, VERIFY_OK, NULL, OTHERWISE },

	/* Addresses. */
	{ "ip-inside", "10.1.2.3", VERIFY_OK, NULL, SAME },
	{ "ip-outside", "192.0.2.1", VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "ip-excluded", "10.1.2.3", VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "ip-excluded-other", "10.1.2.3", VERIFY_OK, NULL, SAME },
	{ "ip6-inside", "2001:db8::1", VERIFY_OK, NULL, SAME },
	{ "ip6-outside", "2001:db8:8000::1", VERIFY_FORBIDDEN_NAME, NULL,
	    SAME },
	{ "ip6-only-ip4", "2001:db8::1", VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "ip-beside-dns", VPN, VERIFY_OK, NULL, SAME },
	{ "ip-none", VPN, VERIFY_OK, NULL, SAME },

	/* Directory names, and forms that are not compared. */
	{ "dir-inside", NULL, VERIFY_WRONG_USAGE, "TLS client", SAME },
	{ "dir-inside", VPN, VERIFY_OK, NULL, SAME },
	{ "dir-outside", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dir-excluded", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dir-empty", VPN, VERIFY_OK, NULL, SAME },
	{ "dir-excluded-bmp", VPN, VERIFY_UNSUPPORTED, "nameConstraints", SAME },
	{ "dir-excluded-t61", VPN, VERIFY_UNSUPPORTED, NULL, SAME },
	{ "dir-excluded-base-bmp", VPN, VERIFY_UNSUPPORTED, NULL, SAME },
	{ "dir-excluded-tab", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dir-excluded-order", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "dir-excluded-one-of-two", VPN, VERIFY_OK, NULL, SAME },
	{ "dir-excluded-other", VPN, VERIFY_OK, NULL, SAME },
	/* OpenSSL converts all text to UTF-8. */
	{ "dir-permitted-bmp", VPN, VERIFY_FORBIDDEN_NAME, NULL, OTHERWISE },
	{ "dir-permitted-same-bmp", VPN, VERIFY_OK, NULL, SAME },
	{ "dir-permitted-bmp-case", VPN, VERIFY_FORBIDDEN_NAME, NULL, SAME },
	{ "mail-none", VPN, VERIFY_OK, NULL, SAME },
	{ "mail", NULL, VERIFY_UNSUPPORTED, "nameConstraints (2.5.29.30)",
	    SAME },
	{ "mail-subject", NULL, VERIFY_UNSUPPORTED, NULL, SAME },

	/* Critical extensions. */
	{ "unknown-inter", VPN, VERIFY_UNSUPPORTED, "\"CN=Inter\" (2020-01-01 "
	    "to 2199-12-31, issued by \"CN=Root\") has the critical extension "
	    "(1.2.3.4)", SAME },
	{ "unknown-root", VPN, VERIFY_UNSUPPORTED, "(1.2.3.4)", SAME },
	{ "unknown-weak", VPN, VERIFY_OK, NULL, SAME },
	/* OpenSSL judges policies only when it is told to. */
	{ "policy-inter", VPN, VERIFY_UNSUPPORTED, "policyConstraints "
	    "(2.5.29.36)", OTHERWISE },

	/* Path length. */
	{ "path-root-0", VPN, VERIFY_NOT_CA, "\"CN=Root\"", SAME },
	{ "path-root-1", VPN, VERIFY_OK, NULL, SAME },
	{ "path-root-1-long", VPN, VERIFY_NOT_CA, NULL, SAME },
	{ "path-inter-0", VPN, VERIFY_OK, NULL, SAME },
	{ "path-inter-0-long", VPN, VERIFY_NOT_CA, "\"CN=Inter\"", SAME },
	{ "path-self-issued", VPN, VERIFY_OK, NULL, SAME },

	/* Usage. */
	{ "usage-inter", VPN, VERIFY_NOT_CA, NULL, SAME },
	{ "usage-root", VPN, VERIFY_NOT_CA, "\"CN=Root\"", SAME },
	{ "not-ca-inter", VPN, VERIFY_NOT_CA, NULL, SAME },
	{ "ext-inter-client", VPN, VERIFY_WRONG_USAGE, "\"CN=Inter\"", SAME },
	{ "ext-inter-server", VPN, VERIFY_OK, NULL, SAME },
	{ "ext-root-client", VPN, VERIFY_WRONG_USAGE, "\"CN=Root\"", SAME },
	{ "ext-root-any", NULL, VERIFY_OK, NULL, SAME },

	{ "ext-inter-any", VPN, VERIFY_WRONG_USAGE, "\"CN=Inter\"", SAME },
	{ "ext-leaf-any", VPN, VERIFY_WRONG_USAGE, "\"CN=leaf\"", SAME },

	/* Dates. */
	{ "date-root-expired", VPN, VERIFY_EXPIRED, "\"CN=Root\"", SAME },
	{ "date-root-later", VPN, VERIFY_NOT_YET, "\"CN=Root\"", SAME },
	{ "date-inter-expired", VPN, VERIFY_EXPIRED, "\"CN=Inter\"", SAME },
	{ "date-inter-later", VPN, VERIFY_NOT_YET, "\"CN=Inter\"", SAME },

	/* Files; OpenSSL wants the line break, and drops what is there. */
	{ "glued-anchors", VPN, VERIFY_OK, NULL, OTHERWISE },

	/* OpenSSL's trust. */
	{ "trusted-reject", VPN, VERIFY_WRONG_USAGE, NULL, SAME },
	{ "trust-server", VPN, VERIFY_OK, NULL, SAME },
	{ "trust-client", VPN, VERIFY_WRONG_USAGE, "\"CN=Root\"", SAME },
	{ "trust-reject-other", VPN, VERIFY_OK, NULL, SAME },
	{ "trust-reject-client", NULL, VERIFY_WRONG_USAGE, NULL, SAME },
	{ "trust-alias", VPN, VERIFY_OK, NULL, SAME },

	/* Addresses as names. */
	{ "address-as-dns-name", "10.1.2.3", VERIFY_WRONG_NAME, "as an IP "
	    "address", SAME },
	{ "address-ip6-as-dns", "2001:db8::1", VERIFY_WRONG_NAME, "as an IP "
	    "address", SAME },
	{ "address-as-common-name", "10.1.2.3", VERIFY_WRONG_NAME, "as an IP "
	    "address", SAME },
	{ "address-beside", "10.1.2.3", VERIFY_OK, NULL, SAME },

	/* Algorithms that we do not have, and OpenSSL's default has. */
	{ "sha1-inter", VPN, VERIFY_UNSUPPORTED, "SHA-1", OTHERWISE },
	{ "ed25519-inter", VPN, VERIFY_UNSUPPORTED, "Ed25519 (1.3.101.112)",
	    OTHERWISE },
};

/* Who clients are. */
static const struct {
	const char *name, *identity;
} identities[] = {
	{ "dns-client-name", "alice" },
	{ "client-name-too-long", "" },
	{ "client-name-empty", "" },
	{ "client-address", "192.0.2.1" },
	{ "client-address-of-5", "" },
	{ "client-mail-only", "boss.bank.test" },
};

static struct tls_verify verify;
static bool have_openssl;

static void
run_chain(const struct pem_chain *chain, const struct verify_want *want)
{
	const br_x509_class **x = &verify.vtable;
	size_t i;

	tls_verify_init(&verify, want);
	(*x)->start_chain(x, NULL);
	for (i = 0; i < chain->num; i++) {
		(*x)->start_cert(x, (uint32_t)chain->certs[i].data_len);
		(*x)->append(x, chain->certs[i].data,
		    chain->certs[i].data_len);
		(*x)->end_cert(x);
	}
	must(((*x)->end_chain(x) == 0) == (verify.fault == VERIFY_OK));
}

/* Compares with `openssl verify`, which is not in each system. */
static void
ask_openssl(const struct check *k)
{
	const char *folder = getenv("ADIT_TEST_DATA"), *f;
	char command[2000];
	int good;

	if (folder == NULL)
		folder = "tests/data";
	f = k->host == NULL ? "" : strspn(k->host, "0123456789abcdef.:") ==
	    strlen(k->host) ? "-verify_ip " : "-verify_hostname ";
	snprintf(command, sizeof(command), "openssl verify -attime %lld "
	    "-no-CAfile -no-CApath -no-CAstore -purpose ssl%s %s%s -CAfile "
	    "%s/chains/%s.anchors.pem -untrusted %s/chains/%s.chain.pem "
	    "%s/chains/%s.chain.pem >/dev/null 2>&1", (long long)DATA_NOW_S,
	    k->host == NULL ? "client" : "server", f,
	    k->host == NULL ? "" : k->host, folder, k->name, folder, k->name,
	    folder, k->name);
	good = system(command) == 0;
	is_int(good, (k->fault == VERIFY_OK) == (k->openssl == SAME),
	    "OpenSSL judges %s %s", k->name,
	    k->openssl == SAME ? "likewise" : "otherwise");
}

static void
judge_files(const char *name, const char *host)
{
	char file[80];
	struct pem_anchors anchors;
	struct pem_trouble trouble;
	struct verify_want want = { 0 };
	struct pem_chain chain;

	snprintf(file, sizeof(file), "../chains/%s.chain.pem", name);
	must(data_chain(file, &chain, &trouble) == 0);
	snprintf(file, sizeof(file), "../chains/%s.anchors.pem", name);
	must(data_anchors(file, &anchors, &trouble) == 0);
	want.anchors = &anchors;
	want.name = host;
	want.client = host == NULL;
	want.now_s = DATA_NOW_S;
	run_chain(&chain, &want);
}

static void
run_check(const struct check *k)
{
	char why[VERIFY_WHY_TEXT];

	judge_files(k->name, k->host);
	tls_verify_why(&verify, why, sizeof(why));
	is_int(verify.fault, k->fault, "%s: %s", k->name, why);
	if (k->why != NULL && !ok(strstr(why, k->why) != NULL, "says so"))
		printf("# expected: %s\n", k->why);
	if (have_openssl)
		ask_openssl(k);
}

int
main(void)
{
	size_t i;

	have_openssl = system("openssl version >/dev/null 2>&1") == 0;
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		run_check(&checks[i]);
	for (i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
		judge_files(identities[i].name, NULL);
		is_str(verify.leaf.identity, identities[i].identity,
		    "the identity of %s", identities[i].name);
	}
	return done_testing();
}
