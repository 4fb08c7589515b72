#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Made the files in this folder, with python3-cryptography 38 and OpenSSL 3.0.
NAME.chain.pem is what a peer shows, NAME.anchors.pem what is trusted.  All
leaves have the key leaf.key.  THEY ARE TEST KEYS, known to everybody."""

import datetime
import hashlib
import ipaddress
import pathlib
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FOLDER = pathlib.Path(__file__).parent
SERVER, CLIENT = (ExtendedKeyUsageOID.SERVER_AUTH,
                  ExtendedKeyUsageOID.CLIENT_AUTH)


def day(text):
    return datetime.datetime.strptime(text, "%Y-%m-%d")


def key_of(name):
    if name.startswith("ed25519"):
        return ed25519.Ed25519PrivateKey.from_private_bytes(
            hashlib.sha256(name.encode()).digest())
    secret = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") >> 1
    return ec.derive_private_key(secret, ec.SECP521R1() if
                                 name.startswith("p521") else ec.SECP256R1())


def name_of(text):
    """"A CA", or "O=Example/CN=leaf"."""
    if isinstance(text, x509.Name):
        return text
    if text is None:
        return x509.Name([])
    oids = {"O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME,
            "E": NameOID.EMAIL_ADDRESS}
    if "=" not in text:
        text = "CN=" + text
    return x509.Name([x509.NameAttribute(oids[part.split("=")[0]],
                                         part.split("=")[1])
                      for part in text.split("/")])


def general(text):
    if isinstance(text, x509.DirectoryName):
        return text
    kind, value = text.split(":", 1)
    if kind == "IP" and "/" in value:
        return x509.IPAddress(ipaddress.ip_network(value))
    return {"DNS": x509.DNSName, "MAIL": x509.RFC822Name,
            "DIR": lambda v: x509.DirectoryName(name_of(v)),
            "IP": lambda v: x509.IPAddress(ipaddress.ip_address(v))
            }[kind](value)


def usage(sign=False, cert=False):
    return x509.KeyUsage(sign, False, False, False, False, cert, cert, False,
                         False)


def cert(subject, issuer=None, *, key=None, signer=None, ca=True,
         path=None, first="2020-01-01", last="2199-12-31", permitted=None,
         excluded=None, critical=True, ext_usage=None, cert_sign=True,
         names=None, unknown=None, key_ids=False, basic=True,
         digest=hashes.SHA256()):
    """One certificate; key and signer are names of keys, by default those of
    subject and issuer.  unknown: an extension, (OID, critical)."""
    issuer = subject if issuer is None else issuer
    key = key_of(key or subject)
    signer = key_of(signer or issuer)
    made = x509.CertificateBuilder(
        name_of(issuer), name_of(subject), key.public_key(),
        int.from_bytes(hashlib.sha256(
            f"{subject}{issuer}{first}{last}".encode()).digest()[:8], "big"),
        day(first), day(last))
    if basic and ca:
        made = made.add_extension(x509.BasicConstraints(True, path), True)
    made = made.add_extension(usage(cert=cert_sign) if ca else
                              usage(sign=True), True)
    if permitted or excluded:
        made = made.add_extension(x509.NameConstraints(
            [general(n) for n in permitted] if permitted else None,
            [general(n) for n in excluded] if excluded else None), critical)
    if ext_usage:
        made = made.add_extension(x509.ExtendedKeyUsage([ext_usage]), False)
    if isinstance(names, bytes):
        made = made.add_extension(x509.UnrecognizedExtension(
            x509.ObjectIdentifier("2.5.29.17"), names), False)
    elif names:
        made = made.add_extension(x509.SubjectAlternativeName(
            [general(n) for n in names]), False)
    if unknown:
        oid, is_critical = unknown
        made = made.add_extension(x509.UnrecognizedExtension(
            x509.ObjectIdentifier(oid), b"\x30\x03\x80\x01\x00"), is_critical)
    if key_ids:
        made = made.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                signer.public_key()), False)
    return made.sign(signer, digest).public_bytes(
        serialization.Encoding.PEM).decode()


def leaf(issuer, names=("DNS:vpn.example.com",), subject="leaf", **more):
    more.setdefault("ext_usage", SERVER)
    return cert(subject, issuer, key="leaf", ca=False, names=names, **more)


def client(issuer, subject="alice", **more):
    return leaf(issuer, more.pop("names", None), subject, ext_usage=CLIENT,
                **more)


def save(name, chain, anchors):
    (FOLDER / f"{name}.chain.pem").write_text("".join(chain))
    (FOLDER / f"{name}.anchors.pem").write_text("".join(anchors))


def trusted(pem, *args):
    return subprocess.run(["openssl", "x509", "-trustout", *args], input=pem,
                          capture_output=True, text=True, check=True).stdout


root, inter = cert("Root"), cert("Inter", "Root")
low = cert("Low", "Inter")
stranger = cert("Stranger")
(FOLDER / "leaf.key").write_bytes(key_of("leaf").private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption()))

# Any order
save("order-reversed", [leaf("Low"), root, inter, low], [root])
save("order-stranger", [leaf("Low"), stranger, low, stranger, inter], [root])
save("order-leaf-thrice", [leaf("Low"), leaf("Low"), inter, leaf("Low"), low],
     [root])
save("order-sibling", [leaf("Inter"), cert("Inter 2", "Root"), inter], [root])
save("order-other-key", [leaf("Inter"), cert("Inter", "Root", key="old"),
                         inter], [root])
save("order-other-key-ids",
     [leaf("Inter", key_ids=True),
      cert("Inter", "Root", key="old", key_ids=True),
      cert("Inter", "Root", key_ids=True)], [cert("Root", key_ids=True)])
save("order-cross", [leaf("Inter"), cert("Inter", "Stranger"), inter], [root])
save("order-loop", [leaf("Low"), cert("Inter", "Low"), low, cert("Low", "Low",
     last="2198-12-31"), inter], [root])
save("order-old-root",
     [leaf("Inter"), inter, cert("Root", "Old root")],
     [cert("Old root", last="2021-09-30"), root])
save("order-not-yet-first", [leaf("Inter"), cert("Inter", "Root",
     first="2150-01-01"), cert("Inter", "Root", last="2021-09-30"), inter],
     [root])
save("order-ed25519", [leaf("Inter"), cert("ed25519", digest=None), inter],
     [root])
save("order-client", [client("Low"), root, inter, low], [root])
save("order-missing", [leaf("Inter")], [root])
save("order-missing-low", [leaf("Low"), inter], [root])
save("order-missing-inter", [leaf("Low"), low], [root])
save("order-only-old-root", [leaf("Inter"), inter, cert("Root", "Old root")],
     [cert("Old root", last="2021-09-30")])
save("order-forged", [leaf("Inter", signer="Root"), inter], [root])

# Name constraints: DNS names
example = dict(permitted=["DNS:example.com"])
bank = ("DNS:vpn.bank.test",)


def constrained(name, leaf_pem, where="inter", **limits):
    if where == "root":
        save(name, [leaf_pem], [cert("Root", **limits)])
    else:
        save(name, [leaf_pem, cert("Inter", "Root", **limits)], [root])


constrained("dns-inter-outside", leaf("Inter", bank), **example)
constrained("dns-root-inside", leaf("Root"), "root", **example)
constrained("dns-root-weak-outside", leaf("Root", bank), "root",
            critical=False, **example)
constrained("dns-inter-weak-inside", leaf("Inter"), critical=False, **example)
constrained("dns-excluded", leaf("Inter"), excluded=["DNS:vpn.example.com"])
constrained("dns-excluded-above", leaf("Inter"), excluded=["DNS:com"])
constrained("dns-excluded-other", leaf("Inter"),
            excluded=["DNS:other.example.com", "DNS:ample.com"])
constrained("dns-excluded-of-permitted", leaf("Inter"),
            excluded=["DNS:vpn.example.com"], **example)
constrained("dns-suffix", leaf("Inter", ("DNS:badexample.com",)), **example)
constrained("dns-dot", leaf("Inter"), permitted=["DNS:.example.com"])
constrained("dns-dot-itself", leaf("Inter", ("DNS:example.com",)),
            permitted=["DNS:.example.com"])
constrained("dns-case", leaf("Inter"), permitted=["DNS:EXAMPLE.com"])
constrained("dns-second", leaf("Inter"), permitted=["DNS:bank.test",
                                                    "DNS:example.com"])
constrained("dns-one-outside", leaf("Inter", ("DNS:vpn.example.com",
                                              "DNS:vpn.bank.test")), **example)
constrained("dns-wildcard", leaf("Inter", ("DNS:*.example.com",)), **example)
constrained("dns-wildcard-outside", leaf("Inter", ("DNS:*.com",
            "DNS:vpn.example.com")), **example)
constrained("dns-wildcard-excluded", leaf("Inter", ("DNS:*.example.com",)),
            excluded=["DNS:vpn.example.com"])
constrained("dns-common-name", leaf("Inter", None, "vpn.bank.test"), **example)
constrained("dns-common-name-inside", leaf("Inter", None, "vpn.example.com"),
            **example)
constrained("dns-client-name", client("Inter", "alice"), **example)
constrained("dns-client-host", client("Inter", "vpn.bank.test"), **example)
save("dns-both-inside", [leaf("Inter"), cert("Inter", "Root",
     permitted=["DNS:vpn.example.com"])], [cert("Root", **example)])
save("dns-root-beats-inter", [leaf("Inter", bank), cert("Inter", "Root",
     permitted=["DNS:bank.test"])], [cert("Root", **example)])
save("dns-second-path", [leaf("Inter"), cert("Inter", "Root",
     permitted=["DNS:bank.test"], last="2198-12-31"), inter], [root])

# Addresses
ten = dict(permitted=["IP:10.0.0.0/8"])
constrained("ip-inside", leaf("Inter", ("IP:10.1.2.3",)), **ten)
constrained("ip-outside", leaf("Inter", ("IP:192.0.2.1",)), **ten)
constrained("ip-excluded", leaf("Root", ("IP:10.1.2.3",)), "root",
            excluded=["IP:10.1.0.0/16"])
constrained("ip-excluded-other", leaf("Root", ("IP:10.1.2.3",)), "root",
            excluded=["IP:10.2.0.0/16", "IP:::/0"])
constrained("ip6-inside", leaf("Inter", ("IP:2001:db8::1",)),
            permitted=["IP:2001:db8::/33"])
constrained("ip6-outside", leaf("Inter", ("IP:2001:db8:8000::1",)),
            permitted=["IP:2001:db8::/33"])
constrained("ip6-only-ip4", leaf("Inter", ("IP:2001:db8::1",)), **ten)
constrained("ip-beside-dns", leaf("Inter", ("DNS:vpn.example.com",
                                            "IP:192.0.2.1")), **example)
constrained("ip-none", leaf("Inter"), excluded=["IP:0.0.0.0/0", "IP:::/0"],
            **example)

# Directory names, and forms that are not compared
constrained("dir-inside", leaf("Inter", subject="O=Example  corp/CN=x"),
            permitted=["DIR:O=EXAMPLE Corp"])
constrained("dir-outside", leaf("Inter", subject="O=Bank/CN=x"),
            permitted=["DIR:O=Example Corp"])
constrained("dir-excluded", leaf("Inter", subject="O=example/CN=x"),
            excluded=["DIR:O=Example"])
constrained("dir-empty", leaf("Inter", subject=None),
            permitted=["DIR:O=Example"])
constrained("mail-none", leaf("Inter"), permitted=["MAIL:example.com"])
constrained("mail", client("Inter", names=("MAIL:a@bank.test",)),
            permitted=["MAIL:example.com"])
constrained("mail-subject", client("Inter", "E=a@bank.test/CN=a"),
            permitted=["MAIL:example.com"])

# Critical extensions
strange, policy = "1.2.3.4", "2.5.29.36"
constrained("unknown-inter", leaf("Inter"), unknown=(strange, True))
constrained("unknown-root", leaf("Root"), "root", unknown=(strange, True))
constrained("unknown-weak", leaf("Inter"), unknown=(strange, False))
constrained("policy-inter", leaf("Inter"), unknown=(policy, True))

# Path length
save("path-root-0", [leaf("Inter"), inter], [cert("Root", path=0)])
save("path-root-1", [leaf("Inter"), inter], [cert("Root", path=1)])
save("path-root-1-long", [leaf("Low"), low, inter], [cert("Root", path=1)])
save("path-inter-0", [leaf("Inter"), cert("Inter", "Root", path=0)], [root])
save("path-inter-0-long", [leaf("Low"), low, cert("Inter", "Root", path=0)],
     [root])
ids = dict(key_ids=True)
save("path-self-issued", [leaf("Inter", signer="new", **ids), cert("Inter",
     "Inter", key="new", **ids), cert("Inter", "Root", path=0, **ids)],
     [cert("Root", **ids)])

# Usage
constrained("usage-inter", leaf("Inter"), cert_sign=False)
constrained("usage-root", leaf("Root"), "root", cert_sign=False)
constrained("not-ca-inter", leaf("Inter"), basic=False)
constrained("ext-inter-client", leaf("Inter"), ext_usage=CLIENT)
constrained("ext-inter-server", leaf("Inter"), ext_usage=SERVER)
constrained("ext-root-client", leaf("Root"), "root", ext_usage=CLIENT)
constrained("ext-root-any", client("Root"), "root", ext_usage=CLIENT)

# Dates
constrained("date-root-expired", leaf("Root"), "root", last="2021-09-30")
constrained("date-root-later", leaf("Root"), "root", first="2150-01-01")
constrained("date-inter-expired", leaf("Inter"), last="2021-09-30")
constrained("date-inter-later", leaf("Inter"), first="2150-01-01")

# OpenSSL's trust
save("trust-server", [leaf("Root")], [trusted(root, "-addtrust",
                                              "serverAuth")])
save("trust-client", [leaf("Root")], [trusted(root, "-addtrust",
                                              "clientAuth")])
save("trust-reject-other", [leaf("Root")], [trusted(root, "-addreject",
                                                    "emailProtection")])
save("trust-reject-client", [client("Root")], [trusted(root, "-addreject",
                                                       "clientAuth")])
save("trust-alias", [leaf("Root")], [trusted(root, "-setalias", "mine")])

# Addresses as names
save("address-ip6-as-dns", [leaf("Root", ("DNS:2001:db8::1",))], [root])
save("address-as-common-name", [leaf("Root", None, "10.1.2.3")], [root])
save("address-beside", [leaf("Root", ("DNS:10.1.2.3", "IP:10.1.2.3"))], [root])

# Algorithms
save("sha1-inter", [leaf("Inter"), cert("Inter", "Root",
     digest=hashes.SHA1())], [root])
save("ed25519-inter", [leaf("ed25519", digest=None),
                       cert("ed25519", "Root")], [root])

# Keys whose signatures cost much to check
hard = cert("p521 root")
save("p521-four", [leaf("p521 3"), cert("p521 3", "p521 2"),
                   cert("p521 2", "p521 1"), cert("p521 1", "p521 root")],
     [hard])
save("p521-mutual", [leaf("p521 X")] + [
     cert("p521 X", "p521 X", key=f"p521 {i}", signer="p521 0",
          last=f"2199-12-{i + 1:02}") for i in range(15)], [root])
save("p521-forged", [leaf("p521 X")] + [
     cert("p521 X", "Root", key=f"p521 {i}", signer="p521 0",
          last=f"2199-12-{i + 1:02}") for i in range(15)], [root])
save("p521-forged-hard", [leaf("p521 X")] + [
     cert("p521 X", "p521 root", key=f"p521 {i}", signer="p521 0",
          last=f"2199-12-{i + 1:02}") for i in range(15)], [hard])

# Clients whose names are not what they seem
boss = "boss.bank.test"
constrained("client-address-of-5", client(
    "Inter", boss, names=b"\x30\x07\x87\x05\x01\x02\x03\x04\x05"), **example)
long_name = (b"a" * 62 + b".") * 5 + b"example.com"
constrained("client-name-too-long", client(
    "Inter", boss, names=b"\x30\x82\x01\x4a\x82\x82\x01\x46" + long_name),
    **example)
constrained("client-name-empty", client(
    "Inter", boss, names=b"\x30\x02\x82\x00"), excluded=["DNS:bank.test"])
constrained("client-address", client("Inter", boss, names=("IP:192.0.2.1",)),
            **example)
constrained("client-mail-only", client("Inter", boss,
                                       names=("MAIL:a@bank.test",)), **example)


# Directory names that are the same in other words
def typed(*rdns):
    """Each RDN is a list of (attribute, type, value)."""
    return x509.Name([x509.RelativeDistinguishedName([
        x509.NameAttribute(oid, value, _type=kind)
        for oid, kind, value in rdn]) for rdn in rdns])


O, OU, CN = (NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME,
             NameOID.COMMON_NAME)
UTF8, BMP, T61 = _ASN1Type.UTF8String, _ASN1Type.BMPString, _ASN1Type.T61String
x = [(CN, UTF8, "x")]


def directory(name, subject, kind, base):
    constrained(name, leaf("Inter", subject=subject), **{kind: [
        x509.DirectoryName(base)]})


bank_utf8 = typed([(O, UTF8, "Bank")])
directory("dir-excluded-bmp", typed([(O, BMP, "Bank")], x), "excluded",
          bank_utf8)
directory("dir-excluded-t61", typed([(O, T61, "B\u00e4nk")], x), "excluded",
          typed([(O, UTF8, "B\u00c3\u00a4nk")]))
directory("dir-excluded-base-bmp", typed([(O, UTF8, "Bank")], x), "excluded",
          typed([(O, BMP, "Bank")]))
directory("dir-excluded-tab", typed([(O, UTF8, "Big\t Bank")], x), "excluded",
          typed([(O, UTF8, "Big Bank")]))
directory("dir-excluded-order", typed(
    [(O, UTF8, "Bank     "), (OU, UTF8, "Loans")], x), "excluded",
    typed([(O, UTF8, "Bank"), (OU, UTF8, "Loans")]))
directory("dir-excluded-one-of-two", typed(
    [(O, UTF8, "Bank"), (OU, UTF8, "Loans")], x), "excluded", bank_utf8)
directory("dir-excluded-other", typed([(O, UTF8, "Bakery")], x), "excluded",
          bank_utf8)
directory("dir-permitted-bmp", typed([(O, BMP, "Bank")], x), "permitted",
          bank_utf8)
directory("dir-permitted-same-bmp", typed([(O, BMP, "Bank")], x), "permitted",
          typed([(O, BMP, "Bank")]))
directory("dir-permitted-bmp-case", typed([(O, BMP, "B\u4100")], x),
          "permitted", typed([(O, BMP, "B\u6100")]))

# Usage for anything
constrained("ext-inter-any", leaf("Inter"),
            ext_usage=ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
save("ext-leaf-any", [leaf(
    "Root", ext_usage=ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)], [root])
