# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The certificate stores of Windows as trust anchors."""

import hashlib
import os
import re

import pytest

import harness
import pki
from harness import READY, free_port

NOT_TRUSTED = "comes from a CA that we do not trust, .CN=Tests CA"


@pytest.fixture(scope="module")
def store(windows_session, tmp_path_factory):
    """The program that changes certificate stores, as a function."""
    harness.need("x86_64-w64-mingw32-gcc")
    exe = tmp_path_factory.mktemp("store") / "store.exe"
    source = os.path.join(os.path.dirname(__file__), "store.c")
    harness.run("x86_64-w64-mingw32-gcc", "-Wall", "-Werror", "-o", exe,
                source, "-lcrypt32", timeout=3 * harness.PATIENCE)
    return lambda *args: windows_session.tool(exe, *args)


@pytest.fixture
def add(windows, store, ca):
    """Adds the tests' CA to stores, until the test is over."""
    der = ca.folder / "ca.der"
    if not der.exists():
        pki.openssl("x509", "-in", ca.pem, "-outform", "der", "-out", der)
    digest = hashlib.sha1(der.read_bytes()).hexdigest().upper()
    added = []

    def add(place, name, *restriction):
        added.append((place, name))
        store(place, name, der, *restriction)

    yield add
    # What wine's own functions delete comes back.
    for place, name in added:
        root = "HKLM" if place == "machine" else "HKCU"
        windows.tool("reg", "delete", f"{root}\\Software\\Microsoft\\"
                     f"SystemCertificates\\{name}\\Certificates\\{digest}",
                     "/f")


@pytest.fixture
def env(windows_session):
    env = dict(windows_session.env)
    env.pop("SSL_CERT_FILE", None)
    return env


@pytest.fixture
def server(start, echo, ca):
    """The port of a server with a certificate of the tests' CA."""
    cert, key = ca.issue("server")
    port = free_port()
    start("tunnel", f"tls-listen:127.0.0.1:{port},cert={cert},key={key}",
          f"udp:127.0.0.1:{echo}").wait(READY)
    return port


def start_client(windows, env, server):
    port = free_port()
    client = windows.start(
        "tunnel", "-vdebug", f"udp-listen:127.0.0.1:{port}",
        f"tls:127.0.0.1:{server}", env=env)
    # Wine copies the CAs of the system into its store, one by one.
    client.wait(READY, timeout=10 * harness.PATIENCE)
    return client, port


@pytest.mark.parametrize("place", ["user", "machine"])
def test_a_ca_of_the_store_is_trusted(windows, env, server, add, udp, place):
    add(place, "ROOT")
    _, port = start_client(windows, env, server)
    assert udp(port).ask(b"vouched for") == b"vouched for"


def check_not_trusted(windows, env, server, udp):
    client, port = start_client(windows, env, server)
    udp(port).send(b"nobody vouches for it")
    client.wait(NOT_TRUSTED)
    return client


def test_a_ca_that_is_in_no_store_is_not_trusted(windows, env, server, udp):
    check_not_trusted(windows, env, server, udp)


@pytest.mark.parametrize("place", ["user", "machine"])
def test_a_disallowed_ca_is_not_trusted(windows, env, server, add, udp,
                                        place):
    add("user", "ROOT")
    add(place, "Disallowed")
    client = check_not_trusted(windows, env, server, udp)
    client.wait("store ROOT .* 1 are not to vouch for servers")


def test_a_ca_of_both_stores_is_taken_once(windows, env, add):
    def trusted():
        done = windows.run("doctor", "udp-listen:127.0.0.1:1",
                           "tls:127.0.0.1:1", env=env, status=13)
        match = re.search(r"trusted CAs: the certificate store ROOT of "
                          r"machine and user \((\d+)\)",
                          " ".join(done.stdout.split()))
        return int(match[1])

    add("user", "ROOT")
    one = trusted()
    add("machine", "ROOT")
    assert trusted() == one


@pytest.mark.parametrize("use, good", [
    ("disabled", False), ("clients", False), ("servers", True)])
def test_the_usages_of_a_ca_are_honoured(windows, env, server, add, udp, use,
                                         good):
    add("user", "ROOT", use)
    if good:
        _, port = start_client(windows, env, server)
        assert udp(port).ask(b"for servers") == b"for servers"
    else:
        check_not_trusted(windows, env, server, udp)


def test_a_file_goes_before_the_store(windows, env, server, add, udp, certs):
    add("user", "ROOT")
    env["SSL_CERT_FILE"] = windows.path(certs / "ca.pem")
    check_not_trusted(windows, env, server, udp)
