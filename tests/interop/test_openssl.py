# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""OpenSSL's tools against our TLS and our certificates."""

import re
import subprocess
import uuid

import pytest

import harness
import pki
from harness import READY, free_port, need, run

KINDS = ["rsa2048", "rsa4096", "P-256", "P-384", "P-521"]


@pytest.fixture
def serve(start, echo):
    def serve(cert, key, *more):
        port = free_port()
        p = start("uotp-server", "-a", "127.0.0.1", "-p", port, "-c", cert,
                  "-k", key, *more, "127.0.0.1", echo)
        p.wait(READY)
        return p, port
    return serve


def s_client(port, *args, said=b""):
    """Runs s_client until the server answers, or to its end; returns what it
    wrote."""
    p = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
         "-verify_return_error", *map(str, args)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    shown = b""
    try:
        if said:
            p.stdin.write(said)
            p.stdin.flush()
            while b"\0\5hello" not in shown:
                got = p.stdout.read1(65536)
                if not got:
                    break
                shown += got
        shown += p.communicate(timeout=harness.PATIENCE)[0]
    finally:
        p.kill()
        p.wait()
    return p.returncode, shown.decode(errors="replace")


HELLO = uuid.uuid4().bytes.replace(b"\n", b"-") + b"\0\5hello"


@pytest.mark.parametrize("kind", KINDS)
def test_s_client_shakes_hands_with_our_server(kind, ca, serve):
    _, port = serve(*ca.issue("kind-" + kind, kind=kind))
    status, shown = s_client(port, "-CAfile", ca.pem, "-verify_ip",
                             "127.0.0.1", "-servername", "localhost",
                             "-nocommands", said=HELLO)
    assert status == 0, shown
    assert "\0\5hello" in shown
    assert "Verification: OK" in shown
    protocol, cipher = re.search(
        r"New, (\S+), Cipher is (\S+)", shown).groups()
    assert re.search(r"Protocol *: TLSv1\.2", shown), shown
    assert re.match(r"ECDHE-(RSA|ECDSA)-(AES(128|256)-GCM-SHA(256|384)|"
                    r"CHACHA20-POLY1305)$", cipher), cipher
    assert ("RSA" in cipher) == kind.startswith("rsa")
    assert "Secure Renegotiation IS supported" in shown


@pytest.mark.parametrize("cipher", [
    "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384"])
def test_every_aead_cipher_works(cipher, ca, serve):
    _, port = serve(*ca.issue("kind-P-256", kind="P-256"))
    status, shown = s_client(port, "-CAfile", ca.pem, "-cipher", cipher,
                             "-nocommands", said=HELLO)
    assert "\0\5hello" in shown
    assert f"Cipher is {cipher}" in shown


@pytest.mark.parametrize("cipher", [
    "AES128-GCM-SHA256", "AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"])
def test_ciphers_without_forward_secrecy_are_refused(cipher, ca, serve):
    server, port = serve(*ca.issue("kind-rsa2048", kind="rsa2048"))
    status, shown = s_client(port, "-tls1_2", "-cipher",
                             cipher + ":@SECLEVEL=0")
    assert status != 0 and "Cipher is (NONE)" in shown
    server.wait("no cipher suite in common|handshake failed")


def test_client_that_speaks_tls_1_3_only_is_refused_in_words(ca, serve):
    server, port = serve(*ca.issue("kind-P-256", kind="P-256"))
    status, shown = s_client(port, "-CAfile", ca.pem, "-tls1_3")
    assert status != 0
    server.wait(r"connection closed: .*TLS 1\.2")


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_client_that_speaks_old_tls_only_is_refused(version, ca, serve):
    server, port = serve(*ca.issue("kind-P-256", kind="P-256"))
    status, _ = s_client(port, version, "-cipher", "ALL:@SECLEVEL=0")
    assert status != 0
    server.wait(r"connection closed: .*TLS 1\.2")


def test_renegotiation_is_refused(ca, serve):
    _, port = serve(*ca.issue("kind-P-256", kind="P-256"))
    p = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2",
         "-CAfile", str(ca.pem)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        shown = b""
        while b"Verify return code" not in shown:
            shown += p.stdout.read1(65536)
        p.stdin.write(b"R\n")
        p.stdin.flush()
        shown += p.stdout.read()
        assert p.wait(harness.PATIENCE) != 0 or \
            b"no renegotiation" in shown.lower(), shown
    finally:
        p.kill()
        p.wait()


def test_client_certificates_are_asked_for(ca, serve):
    _, port = serve(*ca.issue("server"), "-C", ca.pem)
    cert, key = ca.issue("client", use="clientAuth", names="")
    _, shown = s_client(port, "-CAfile", ca.pem, "-cert", cert, "-key", key,
                        "-nocommands", said=HELLO)
    assert "\0\5hello" in shown
    assert "CN = Tests CA" in shown.split(
        "Acceptable client certificate CA names")[1]
    status, shown = s_client(port, "-CAfile", ca.pem)
    assert status != 0


# --- s_server ---------------------------------------------------------------

@pytest.fixture
def s_server(start):
    """Starts `openssl s_server` with a certificate; returns its port."""
    need("openssl")

    def s_server(cert, key, *more):
        port = free_port()
        p = start("/usr/bin/env", "openssl", "s_server", "-accept",
                  f"127.0.0.1:{port}", "-cert", cert, "-key", key, "-rev",
                  *more)
        p.wait("ACCEPT")
        return p, port
    return s_server


def dial(start, port, ca, *more):
    local = free_port()
    p = start("uotp-client", "-C", ca.pem, "-n", "1", "-B", "0.2", "-p",
              local, *more, "127.0.0.1", port)
    p.wait(READY)
    with harness.Udp(local) as s:
        s.send(b"hello")
    return p


@pytest.mark.parametrize("kind", KINDS)
def test_our_client_shakes_hands_with_s_server(kind, ca, start, s_server):
    server, port = s_server(*ca.issue("kind-" + kind, kind=kind))
    client = dial(start, port, ca, "-v", "debug")
    client.wait("flow 1: right is up")
    server.wait(r"CIPHER is ECDHE-(RSA|ECDSA)-|Ciphersuite: ECDHE-|"
                r"TLSv1\.2")


def test_server_that_speaks_tls_1_3_only_is_told_in_words(ca, start,
                                                          s_server):
    _, port = s_server(*ca.issue("kind-P-256", kind="P-256"), "-tls1_3")
    dial(start, port, ca).wait(r"cannot connect: .*TLS 1\.2")


def test_server_without_ecdhe_is_told_in_words(ca, start, s_server):
    _, port = s_server(*ca.issue("kind-rsa2048", kind="rsa2048"), "-tls1_2",
                       "-cipher", "AES128-GCM-SHA256")
    dial(start, port, ca).wait(r"cannot connect: .*cipher")


def test_server_that_wants_a_certificate_gets_it(ca, start, s_server):
    server, port = s_server(*ca.issue("server"), "-Verify", "3", "-CAfile",
                            ca.pem, "-verify_return_error")
    cert, key = ca.issue("client", use="clientAuth", names="")
    client = dial(start, port, ca, "-c", cert, "-k", key, "-v", "debug")
    client.wait("flow 1: right is up")
    client.stop()           # s_server talks to one at a time
    client = dial(start, port, ca)
    client.wait("cannot connect: .*client certificate")


# --- gencert ----------------------------------------------------------------

def test_openssl_verifies_gencert_strictly(certs):
    need("openssl")
    for name, purpose in ("server", "sslserver"), ("client", "sslclient"):
        said = run("openssl", "verify", "-x509_strict", "-purpose", purpose,
                   "-CAfile", certs / "ca.pem", certs / f"{name}.pem").stdout
        assert said.endswith(": OK\n")
    for name, purpose in ("server", "sslclient"), ("client", "sslserver"):
        run("openssl", "verify", "-x509_strict", "-purpose", purpose,
            "-CAfile", certs / "ca.pem", certs / f"{name}.pem", status=2)


@pytest.mark.parametrize("option,name,fits", [
    ("-verify_hostname", "localhost", True),
    ("-verify_hostname", "other.example", False),
    ("-verify_ip", "127.0.0.1", True),
    ("-verify_ip", "::1", True),
    ("-verify_ip", "192.0.2.1", False)])
def test_openssl_finds_the_names_of_gencert(certs, option, name, fits):
    need("openssl")
    run("openssl", "verify", "-x509_strict", option, name, "-CAfile",
        certs / "ca.pem", certs / "server.pem", status=0 if fits else 2)


def test_gencert_sets_the_extensions_that_matter(certs):
    def extensions(name):
        return pki.openssl("x509", "-in", certs / name, "-noout", "-text")
    ca, server, client = map(extensions, ("ca.pem", "server.pem",
                                          "client.pem"))
    for text in ca, server, client:
        assert "id-ecPublicKey" in text and "prime256v1" in text
        assert "Version: 3" in text
        assert "X509v3 Basic Constraints: critical" in text
        assert "X509v3 Key Usage: critical" in text
        assert "X509v3 Subject Key Identifier" in text
    assert "CA:TRUE" in ca and "Certificate Sign" in ca
    for text in server, client:
        assert "CA:FALSE" in text
        assert "X509v3 Authority Key Identifier" in text
    assert "TLS Web Server Authentication" in server
    assert "TLS Web Client Authentication" in client
    assert "DNS:localhost, IP Address:127.0.0.1, " \
        "IP Address:0:0:0:0:0:0:0:1" in server


def test_keys_of_gencert_are_read_by_openssl(certs):
    for name in "ca", "server", "client":
        key = pki.openssl("pkey", "-in", certs / f"{name}.key", "-pubout")
        cert = pki.openssl("x509", "-in", certs / f"{name}.pem", "-noout",
                           "-pubkey")
        assert key == cert


def test_gencert_issues_under_a_ca_of_openssl(adit, ca, tmp_path):
    (tmp_path / "ca.pem").write_bytes(ca.pem.read_bytes())
    (tmp_path / "ca.key").write_bytes(ca.key.read_bytes())
    run(adit, "gencert", "-d", tmp_path, "a.example")
    run("openssl", "verify", "-x509_strict", "-CAfile", ca.pem,
        tmp_path / "server.pem")
