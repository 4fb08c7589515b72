# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""TLS: who is let in, who is not, and in which words."""

import os
import pathlib
import re
import subprocess

import pytest

import harness
import pki
from harness import READY, free_port, of_nobody, refused, run

KINDS = ["rsa2048", "rsa4096", "P-256", "P-384", "P-521"]


@pytest.fixture
def serve(start, echo):
    """Starts a server with TLS; returns the process and its port."""
    def serve(cert, key, *more):
        port = free_port()
        p = start("uotp-server", "-a", "127.0.0.1", "-p", port, "-c", cert,
                  *(["-k", key] if key else []), *more, "127.0.0.1", echo)
        p.wait(READY)
        return p, port
    return serve


@pytest.fixture
def dial(start, udp):
    """Starts a client; returns the process and a socket to it."""
    def dial(server, *more, host="127.0.0.1", anchors=None, env=None):
        port = free_port()
        p = start("uotp-client", "-p", port, "-n", "2", "-B", "0.2",
                  *(["-C", anchors] if anchors else []), *more, host, server,
                  env=env)
        p.wait(READY)
        return p, udp(port)
    return dial


def cannot_connect(client, s, says):
    """The client tells why, once, and goes on trying."""
    s.send(b"hello")
    line = client.wait("cannot connect: (.*)")
    assert re.search(says, line[1]), line[1]
    client.wait("trying again")
    assert s.silent_for(0.5)
    assert client.popen.poll() is None
    assert client.text().count("cannot connect") < 3, client.text()


# --- What works -------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_certificates_of_every_kind_are_shown_and_taken(kind, ca, serve,
                                                        dial):
    cert, key = ca.issue("kind-" + kind, kind=kind)
    _, port = serve(cert, key)
    _, s = dial(port, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


@pytest.mark.parametrize("kind,form", [
    ("rsa2048", "pkcs1"), ("rsa4096", "pkcs1"), ("P-256", "sec1"),
    ("P-384", "sec1"), ("P-521", "sec1")])
def test_keys_in_the_old_forms_are_read(kind, form, ca, serve, dial):
    cert, key = ca.issue("kind-" + kind, kind=kind)
    _, port = serve(cert, pki.rewrite_key(key, form))
    _, s = dial(port, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


@pytest.mark.parametrize("kind", ["rsa2048", "P-256", "P-521"])
def test_ca_may_have_a_key_of_any_kind(kind, tmp_path, serve, dial):
    harness.need("openssl")
    ca = pki.CA(tmp_path, "Another CA", kind)
    _, port = serve(*ca.issue("server"))
    _, s = dial(port, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


def test_key_may_stand_in_the_file_of_the_certificate(ca, serve, dial,
                                                      tmp_path):
    cert, key = ca.issue("server")
    both = tmp_path / "both.pem"
    both.write_text(key.read_text() + cert.read_text())
    both.chmod(0o600)
    _, port = serve(both, both, "-C", ca.pem)
    ccert, ckey = ca.issue("client", use="clientAuth", names="")
    client = tmp_path / "client.pem"
    client.write_text(ccert.read_text() + ckey.read_text())
    client.chmod(0o600)
    _, s = dial(port, "-c", client, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


def test_key_may_be_left_out_of_a_native_spec(ca, start, echo, dial,
                                              tmp_path):
    cert, key = ca.issue("server")
    both = tmp_path / "both.pem"
    both.write_text(cert.read_text() + key.read_text())
    both.chmod(0o600)
    port = free_port()
    start("tunnel", f"tls-listen:127.0.0.1:{port},cert={both}",
          f"udp:127.0.0.1:{echo}").wait(READY)
    _, s = dial(port, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


def test_whole_chain_is_shown(ca, serve, dial, tmp_path):
    """A client that knows the root alone follows a chain of two."""
    middle = pki.CA(tmp_path, "Middle CA")
    ca._sign(middle.key, middle.pem, "Middle CA", pki.CA_EXTENSIONS, -1, 100)
    cert, key = middle.issue("server")
    chain = tmp_path / "chain.pem"
    chain.write_text(cert.read_text() + middle.pem.read_text())
    _, port = serve(chain, key)
    _, s = dial(port, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"
    _, port = serve(cert, key)
    cannot_connect(*dial(port, anchors=ca.pem), says="do not trust")


def test_self_signed_certificate_is_its_own_trust_anchor(serve, dial,
                                                         tmp_path):
    harness.need("openssl")
    key = pki.make_key(tmp_path / "key", "P-256")
    pem = tmp_path / "pem"
    pki.openssl("req", "-new", "-x509", "-key", key, "-out", pem, "-subj",
                "/CN=alone", "-addext", "subjectAltName=IP:127.0.0.1",
                "-addext", "basicConstraints=critical,CA:FALSE", "-days", 9)
    _, port = serve(pem, key)
    _, s = dial(port, anchors=pem)
    assert s.ask(b"hello") == b"hello"


def test_system_store_is_ssl_cert_file(ca, serve, dial):
    _, port = serve(*ca.issue("server"))
    _, s = dial(port, env={"SSL_CERT_FILE": str(ca.pem)})
    assert s.ask(b"hello") == b"hello"


# --- Names ------------------------------------------------------------------

def test_name_is_checked(ca, serve, dial):
    _, port = serve(*ca.issue("other-name", names="DNS:vpn.example.com"))
    cannot_connect(*dial(port, anchors=ca.pem, host="localhost"),
                   says=r'other-name.*is for .*vpn\.example\.com.*'
                        r"not for .*localhost.*tls-servername")


def test_servername_names_what_to_expect(ca, serve, dial):
    _, port = serve(*ca.issue("other-name", names="DNS:vpn.example.com"))
    _, s = dial(port, "--tls-servername", "vpn.example.com", anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"
    _, s = dial(port, "--tls-servername", "VPN.Example.Com", anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


def test_servername_is_checked_in_place_of_the_host(ca, serve, dial):
    _, port = serve(*ca.issue("server"))
    cannot_connect(*dial(port, "--tls-servername", "vpn.example.com",
                         anchors=ca.pem), says=r"vpn\.example\.com")


def test_no_hostname_check_takes_any_name_of_that_ca(ca, serve, dial):
    _, port = serve(*ca.issue("other-name", names="DNS:vpn.example.com"))
    _, s = dial(port, "--no-hostname-check", anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


def test_no_hostname_check_still_wants_that_ca(ca, certs, serve, dial):
    """Not the system's CAs besides, as the original did."""
    _, port = serve(*ca.issue("server"))
    cannot_connect(*dial(port, "--no-hostname-check",
                         anchors=certs / "ca.pem",
                         env={"SSL_CERT_FILE": str(ca.pem)}),
                   says="do not trust")


def test_address_is_checked_against_addresses(ca, serve, dial):
    _, port = serve(*ca.issue("address", names="IP:127.0.0.1"))
    _, s = dial(port, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


def test_address_of_another_is_refused(ca, serve, dial):
    _, port = serve(*ca.issue("other-address", names="IP:127.0.0.2"))
    cannot_connect(*dial(port, anchors=ca.pem),
                   says=r"is for .*127\.0\.0\.2.*not for .*127\.0\.0\.1")


def test_address_in_a_dns_name_is_no_address(ca, serve, dial):
    _, port = serve(*ca.issue("dns-address", names="DNS:127.0.0.1"))
    cannot_connect(*dial(port, anchors=ca.pem), says=r"127\.0\.0\.1")


def test_wildcard_stands_for_one_label(ca, serve, dial):
    _, port = serve(*ca.issue("wild", names="DNS:*.example.com"))
    _, s = dial(port, "--tls-servername", "vpn.example.com", anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"
    for name in "example.com", "a.vpn.example.com":
        cannot_connect(*dial(port, "--tls-servername", name,
                             anchors=ca.pem), says=re.escape(name))


# --- What is refused --------------------------------------------------------

def test_unknown_ca_is_refused(ca, certs, serve, dial):
    server, port = serve(*ca.issue("server"))
    cannot_connect(*dial(port, anchors=certs / "ca.pem"),
                   says=r'"CN=server".*do not trust.*"CN=Tests CA".*cafile')
    # The server hears of it and says so, once in a while.
    server.wait(r"unknown CA|do not trust")


def test_system_store_does_not_know_our_ca(ca, serve, dial):
    _, port = serve(*ca.issue("server"))
    if not any(harness.os.path.exists(p) for p in (
            "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem")):
        pytest.skip("this machine has no store of CAs")
    cannot_connect(*dial(port), says="do not trust")


def test_expired_certificate_is_refused(ca, serve, dial):
    server, port = serve(*ca.issue("expired", first=-9, last=-2))
    assert re.search(r"expired\.pem.*has expired", server.text())
    cannot_connect(*dial(port, anchors=ca.pem), says=r"expired on .*renew")


def test_certificate_of_the_future_is_refused(ca, serve, dial):
    server, port = serve(*ca.issue("future", first=2, last=9))
    assert re.search(r"future\.pem.*not valid before", server.text())
    cannot_connect(*dial(port, anchors=ca.pem), says=r"not valid before")


def test_client_certificate_does_not_make_a_server(ca, serve, dial):
    _, port = serve(*ca.issue("client-as-server", use="clientAuth"))
    cannot_connect(*dial(port, anchors=ca.pem), says="may not be used")


def test_plain_peers_and_tls_peers_tell_each_other_apart(ca, serve, start,
                                                         echo, udp, dial):
    server, port = serve(*ca.issue("server"))
    plain = free_port()
    p = start("uotp-client", "--no-tls", "-p", plain, "-n", "1",
              "127.0.0.1", port)
    p.wait(READY)
    udp(plain).send(b"hello")
    server.wait("does not speak TLS")
    port = free_port()
    start("uotp-server", "--no-tls", "-a", "127.0.0.1", "-p", port,
          "127.0.0.1", echo).wait(READY)
    cannot_connect(*dial(port, "-w", "0.5", anchors=ca.pem),
                   says="TLS")


# --- Client certificates ----------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_client_certificate_lets_in(kind, ca, serve, dial):
    server, port = serve(*ca.issue("server"), "-C", ca.pem)
    cert, key = ca.issue("client-" + kind, kind=kind, use="clientAuth",
                         names="")
    _, s = dial(port, "-c", cert, "-k", key, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"
    server.wait(rf"flow 1: .*began.*client-{kind}")


def test_client_without_certificate_is_refused(ca, serve, dial):
    server, port = serve(*ca.issue("server"), "-C", ca.pem)
    cannot_connect(*dial(port, anchors=ca.pem), says="client certificate")
    server.wait("client showed no certificate")


def test_client_certificate_of_another_ca_is_refused(ca, certs, serve, dial):
    server, port = serve(*ca.issue("server"), "-C", ca.pem)
    cannot_connect(*dial(port, "-c", certs / "client.pem", "-k",
                         certs / "client.key", anchors=ca.pem),
                   says="client certificate")
    server.wait("do not trust")


def test_expired_client_certificate_is_refused(ca, serve, dial):
    server, port = serve(*ca.issue("server"), "-C", ca.pem)
    cert, key = ca.issue("client-expired", use="clientAuth", names="",
                         first=-9, last=-2)
    client, s = dial(port, "-c", cert, "-k", key, anchors=ca.pem)
    cannot_connect(client, s, says="expired")
    server.wait(r"client-expired.*expired on")


def test_server_certificate_does_not_make_a_client(ca, serve, dial):
    server, port = serve(*ca.issue("server"), "-C", ca.pem)
    cert, key = ca.issue("server")
    cannot_connect(*dial(port, "-c", cert, "-k", key, anchors=ca.pem),
                   says="client certificate")
    server.wait("may not be used")


def test_client_certificate_that_nobody_asks_for_does_no_harm(ca, serve,
                                                              dial):
    _, port = serve(*ca.issue("server"))
    cert, key = ca.issue("client", use="clientAuth", names="")
    _, s = dial(port, "-c", cert, "-k", key, anchors=ca.pem)
    assert s.ask(b"hello") == b"hello"


# --- Files ------------------------------------------------------------------

@pytest.fixture
def files(ca, tmp_path):
    """What may be wrong with files, as (certificate, key)."""
    cert, key = ca.issue("server")
    other_cert, other_key = ca.issue("other")
    _, rsa_key = ca.issue("kind-rsa2048", kind="rsa2048")
    empty, garbage, cut = (tmp_path / n for n in ("empty", "garbage", "cut"))
    empty.write_text("")
    garbage.write_bytes(bytes(range(256)) * 20)
    cut.write_text(cert.read_text()[:200])
    secret = tmp_path / "secret.key"
    pki.openssl("pkey", "-in", key, "-aes128", "-passout", "pass:frob",
                "-out", secret)
    ed = tmp_path / "ed.key"
    pki.openssl("genpkey", "-algorithm", "ED25519", "-out", ed)
    missing = tmp_path / "missing"
    return {
        "no certificate": (missing, key, r"missing.*No such file"),
        "no key": (cert, missing, r"missing.*No such file"),
        "key of another": (cert, other_key, r"other\.key.*does not belong"),
        "key of another kind": (cert, rsa_key, r"does not belong"),
        "empty certificate": (empty, key, r"empty.*no certificate"),
        "empty key": (cert, empty, r"empty.*no .*key"),
        "garbage as certificate": (garbage, key, r"garbage"),
        "garbage as key": (cert, garbage, r"garbage"),
        "cut certificate": (cut, key, r"cut.*line"),
        "swapped": (key, cert, r"server\.key.*no certificate"),
        "encrypted key": (cert, secret, r"secret\.key.*(encrypt|pass)"),
        "Ed25519 key": (cert, ed, r"ed\.key"),
        "folder": (tmp_path, key, r"directory"),
    }


@pytest.mark.parametrize("case", [
    "no certificate", "no key", "key of another", "key of another kind",
    "empty certificate", "empty key", "garbage as certificate",
    "garbage as key", "cut certificate", "swapped", "encrypted key",
    "Ed25519 key", "folder"])
def test_wrong_files_are_refused_in_one_line(adit, files, case, ca):
    cert, key, says = files[case]
    refused(adit, "uotp-server", "-a", "127.0.0.1", "-p", free_port(), "-c",
            cert, "-k", key, "127.0.0.1", 1, status=2, says=says)
    refused(adit, "uotp-client", "-p", free_port(), "-c", cert, "-k", key,
            "-C", ca.pem, "127.0.0.1", 1, status=2, says=says)


def test_unreadable_key_is_refused_in_one_line(adit, certs, tmp_path):
    harness.need("setpriv")
    harness.need_root()
    # Root without its rights, and files that are nobody's.
    key = tmp_path / "server.key"
    key.write_bytes((certs / "server.key").read_bytes())
    key.chmod(0)
    refused("setpriv", "--bounding-set=-all", "--inh-caps=-all", adit,
            "uotp-server", "-p", free_port(), "-c", certs / "server.pem",
            "-k", key, "127.0.0.1", 1, status=2,
            says=r"server\.key.*Permission denied")


def test_key_that_others_can_read_is_refused(adit, certs, tmp_path):
    key = tmp_path / "server.key"
    key.write_bytes((certs / "server.key").read_bytes())
    of_nobody(key)
    for mode in 0o640, 0o604:
        key.chmod(mode)
        refused(adit, "uotp-server", "-p", free_port(), "-c",
                certs / "server.pem", "-k", key, "127.0.0.1", 1, status=2,
                says=rf"server\.key: users other .* chmod 600 {key}")


def test_fifo_is_read_and_given_up_when_nobody_writes(adit, certs, tmp_path,
                                                      serve):
    key = tmp_path / "key"
    os.mkfifo(key)
    refused(adit, "uotp-server", "-p", free_port(), "-c",
            certs / "server.pem", "-k", key, "127.0.0.1", 1, status=2,
            says=r"key: .*FIFO.*nobody wrote")
    writer = subprocess.Popen(["cp", certs / "server.key", key])
    serve(certs / "server.pem", key)
    assert writer.wait() == 0


CHAINS = pathlib.Path(__file__).parents[1] / "data" / "chains"


@pytest.mark.parametrize("name,says", [
    ("order-reversed", r"certificate 2 is \"CN=Root\", where that of "
     r"\"CN=Low\" belongs"),
    ("order-leaf-thrice", r"certificate 2 is \"CN=leaf\", where that of"),
    ("order-sibling", r"certificate 2 is \"CN=Inter 2\""),
])
def test_chains_in_any_order_connect_and_are_named(serve, dial, tmp_path, name,
                                                   says):
    key = tmp_path / "leaf.key"
    key.write_bytes((CHAINS / "leaf.key").read_bytes())
    key.chmod(0o600)
    server, port = serve(CHAINS / f"{name}.chain.pem", key)
    server.wait(says)
    _, s = dial(port, "--tls-servername", "vpn.example.com",
                anchors=CHAINS / f"{name}.anchors.pem")
    assert s.ask(b"hello") == b"hello"


def test_client_chain_in_any_order_connects(serve, dial, tmp_path, certs):
    key = tmp_path / "leaf.key"
    key.write_bytes((CHAINS / "leaf.key").read_bytes())
    key.chmod(0o600)
    _, port = serve(certs / "server.pem", certs / "server.key", "-C",
                    CHAINS / "order-client.anchors.pem")
    client, s = dial(port, "-c", CHAINS / "order-client.chain.pem", "-k", key,
                     anchors=certs / "ca.pem")
    assert s.ask(b"hello") == b"hello"
    client.wait(r"certificate 2 is \"CN=Root\"")


def test_missing_intermediate_is_named_on_both_sides(serve, dial, tmp_path):
    key = tmp_path / "leaf.key"
    key.write_bytes((CHAINS / "leaf.key").read_bytes())
    key.chmod(0o600)
    server, port = serve(CHAINS / "order-missing.chain.pem", key)
    server.wait(r"peers must trust \"CN=Inter\" itself")
    cannot_connect(*dial(port, "--tls-servername", "vpn.example.com",
                         anchors=CHAINS / "order-missing.anchors.pem"),
                   says="does not send its intermediate certificate; its "
                        "operator should use fullchain.pem")


@pytest.mark.parametrize("text,says", [
    ("", r"no certificate"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
     r"line \d"),
])
def test_wrong_trust_anchors_are_refused_in_one_line(adit, tmp_path, text,
                                                     says):
    path = tmp_path / "anchors.pem"
    path.write_text(text)
    refused(adit, "uotp-client", "-p", free_port(), "-C", path, "127.0.0.1",
            1, status=2, says=rf"anchors\.pem.*{says}")


def test_secrets_are_in_no_log(ca, start, echo, dial, tmp_path):
    cert, key = ca.issue("server")
    port = free_port()
    server = start("uotp-server", "-v", "debug", "-a", "127.0.0.1", "-p",
                   port, "-c", cert, "-k", key, "127.0.0.1", echo)
    server.wait(READY)
    client, s = dial(port, "-v", "debug", anchors=ca.pem)
    s.ask(b"hello")
    body = "".join(key.read_text().splitlines()[1:-1])
    for p in server, client:
        for at in range(0, len(body) - 12, 4):
            assert body[at:at + 12] not in p.text()
