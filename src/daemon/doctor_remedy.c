/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What to do when a connection or a handshake of the doctor fails.
 */

#include "compat.h"

#include "daemon/doctor_step.h"

const char *
doctor_remedy_tcp(int error, bool marked)
{
	switch (error) {
	case ECONNREFUSED:
		return "the machine answers, and nothing listens on that "
		    "port: start the server (adit doctor there says why it "
		    "does not listen), or correct the port; a firewall may "
		    "refuse the port as well";
	case ETIMEDOUT:
		return "nothing comes back: compare address and port with "
		    "those of the server; is it switched on? Its firewall, "
		    "its provider's or one of this network must let the TCP "
		    "port in: try from another network, or let the server "
		    "listen on 443";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EADDRNOTAVAIL:
		return "this machine has no way to that address: is it "
		    "online (ip route get ADDRESS)?  An IPv6 address needs "
		    "IPv6 here: else give the IPv4 address of the server";
	case EACCES:
	case EPERM:
		return marked ? "a mark, which route=default needs as well, "
		    "needs CAP_NET_ADMIN: run this as root, or leave mark "
		    "out" : "a firewall on this machine forbids "
		    "the connection (nft list ruleset): allow it";
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return "this machine has no memory or descriptors left: end "
		    "other programs, or raise the limit (ulimit -n)";
	}
	return "compare address and port with those of the server";
}

/* About the certificate that the server has shown. */
static const char *
remedy_of_fault(enum verify_fault fault)
{
	switch (fault) {
	case VERIFY_EXPIRED:
		return "look at the clock of this machine first; if it is "
		    "right the server's operator must renew the certificate "
		    "(adit gencert --force, certbot renew) and have the server "
		    "read it";
	case VERIFY_NOT_YET:
		return "set the clock of this machine, which is late (NTP, or "
		    "date -s); if it is right the server's was early when the "
		    "certificate was made: make it again";
	case VERIFY_UNKNOWN_CA:
	case VERIFY_SELF_SIGNED:
	case VERIFY_OTHER_CA_KEY:
		return "copy the certificate of the server's CA (ca.pem of "
		    "adit gencert) here and name it by cafile=FILE; for a "
		    "certificate of a public CA leave cafile out, and the "
		    "server needs fullchain.pem.  If the issuer is a stranger, "
		    "a captive portal or a firewall that opens TLS is between: "
		    "log in there, or use another network";
	case VERIFY_WRONG_NAME:
		return "give the name that the certificate has as name=NAME "
		    "(tls-servername of uotp-client), or have it issued for "
		    "the one that is dialled (adit gencert NAME)";
	case VERIFY_NO_CERT:
	case VERIFY_NOT_DONE:
		return "find out what listens there: each server with TLS "
		    "shows a certificate";
	case VERIFY_WRONG_USAGE:
		return "give the server a certificate made for servers "
		    "(extended key usage serverAuth): is it a client's?";
	case VERIFY_FORBIDDEN_NAME:
	case VERIFY_NOT_CA:
	case VERIFY_BAD_SIGNATURE:
	case VERIFY_MALFORMED:
	case VERIFY_TOO_LARGE:
		return "have the server's certificate and its chain issued "
		    "again";
	case VERIFY_WEAK_KEY:
	case VERIFY_UNSUPPORTED:
		return "have the server's certificate issued again with a key "
		    "of EC P-256 or RSA of 2048 bits or more";
	case VERIFY_STORE_FAILED:
		return "run this again: the file of trusted certificates has "
		    "changed meanwhile";
	case VERIFY_OK:
		break;
	}
	return "have the server's certificate issued again";
}

/* About an alert of the server. */
static const char *
remedy_of_alert(int alert, bool has_cert)
{
	static const char ours[] = "the server requires a client certificate: "
	    "give cert=FILE and key=FILE, issued by the CA that is its cafile "
	    "(adit gencert client NAME)";
	static const char refused[] = "the server refuses our certificate: "
	    "compare its issuer with the cafile of the server, its dates with "
	    "the server's clock; the log of the server has the reason";

	switch (alert) {
	case BR_ALERT_HANDSHAKE_FAILURE:
		return has_cert ? "compare the cipher suites: Adit takes TLS "
		    "1.2 with ECDHE and AES-GCM, ChaCha20 or CBC with SHA-2; "
		    "the log of the server has the reason" : "the server "
		    "requires a client certificate (give cert and key), or "
		    "lets none of our suites pass: TLS 1.2 with ECDHE; its log "
		    "says which";
	case 42:
	case 43:
	case 44:
	case 45:
	case 46:
	case 48:
	case 49:
	case 116:
		return has_cert ? refused : ours;
	case BR_ALERT_PROTOCOL_VERSION:
	case 71:
		return "let the server accept TLS 1.2 (in nginx: ssl_protocols "
		    "TLSv1.2 TLSv1.3)";
	case 112:
		return "the server knows no such name: give one that it knows "
		    "as name=NAME";
	}
	return "the log of the server has the reason";
}

const char *
doctor_remedy_tls(const struct doctor_verdict *v, bool has_cert)
{
	int error = v->error;

	if (v->fault != VERIFY_OK && v->fault != VERIFY_NOT_DONE)
		return remedy_of_fault(v->fault);
	if (error >= BR_ERR_RECV_FATAL_ALERT &&
	    error < BR_ERR_RECV_FATAL_ALERT + 256)
		return remedy_of_alert(error - BR_ERR_RECV_FATAL_ALERT,
		    has_cert);
	if (error >= BR_ERR_SEND_FATAL_ALERT &&
	    error < BR_ERR_SEND_FATAL_ALERT + 256)
		return "let the server accept TLS 1.2 with ECDHE and AES-GCM, "
		    "ChaCha20-Poly1305 or CBC with SHA-2";
	switch (error) {
	case BR_ERR_UNSUPPORTED_VERSION:
		return "find out what listens there: a web server or a captive "
		    "portal (open a browser and log in to the network), or a "
		    "server without TLS (then use tcp in place of tls, or uott "
		    "without the key tls); correct the port";
	case BR_ERR_BAD_VERSION:
		return "let the server accept TLS 1.2";
	case BR_ERR_BAD_SIGNATURE:
		return "the server's key does not belong to its certificate: "
		    "give it the two that were made together";
	}
	return "try again; if it stays so, something on the way changes what "
	    "is sent, or the server is faulty: its log may say more";
}
