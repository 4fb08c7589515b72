# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""wolfSSL as a DTLS peer, by a program of ours around its library: one of the
few that have TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256."""

import os
import re
import sys

import pytest

import wolfssl_peer
from dtls_ends import C037, CCAB, CCAC, D001, PSK, VERIFY, dial, listen
from harness import free_port, run

SUITES = {
    D001: "ECDHE-PSK-AES128-GCM-SHA256",
    CCAC: "ECDHE-PSK-CHACHA20-POLY1305",
    C037: "ECDHE-PSK-AES128-CBC-SHA256",
    CCAB: "PSK-CHACHA20-POLY1305",
}
ALL = pytest.mark.parametrize("suite", SUITES)
PEER = os.path.abspath(wolfssl_peer.__file__)

pytestmark = [
    pytest.mark.usefixtures("dtls"),
    pytest.mark.skipif(wolfssl_peer.library() is None,
                       reason="libwolfssl is not installed"),
]


def command(role, port, suite, name="alice", key=None, *more):
    return (sys.executable, PEER, role, port, SUITES[suite], name,
            key or PSK[name], *more)


@pytest.fixture
def wolfssl_server(start):
    """An echo server; the process and its port."""
    def wolfssl_server(*args):
        port = free_port()
        p = start(*command("server", port, *args))
        p.wait("^ready$")
        return p, port
    return wolfssl_server


@VERIFY
@ALL
def test_wolfssl_talks_to_our_server(suite, verify, start, tmp_path, echo):
    _, port = listen(start, tmp_path, echo, verify=verify)
    shown = run(*command("client", port, suite)).stdout
    assert f"suite {SUITES[suite]}\n" in shown
    assert f"echoed {len(wolfssl_peer.SIZES)}\n" in shown


# It has no X25519 with keys of this kind: not between its own ends either.
@pytest.mark.parametrize("group, shown", [("P-256", "SECP256R1"),
                                          ("P-384", "SECP384R1")])
def test_wolfssl_chooses_the_group(group, shown, start, tmp_path, echo):
    _, port = listen(start, tmp_path, echo)
    said = run(*command("client", port, D001, "alice", None, group)).stdout
    assert f"group {shown}\n" in said
    assert f"echoed {len(wolfssl_peer.SIZES)}\n" in said


def test_wolfssl_with_another_s_key_is_not_let_in(start, tmp_path, echo):
    server, port = listen(start, tmp_path, echo)
    p = start(*command("client", port, D001, "bob", PSK["alice"]))
    p.wait("^asked$")       # it has heard the server, and goes on
    assert "echoed" in run(*command("client", port, D001, "bob")).stdout
    assert "suite" not in p.text()
    assert len(re.findall("flow .* began", server.text())) == 1


@ALL
def test_our_client_talks_to_wolfssl(suite, start, tmp_path, udp,
                                     wolfssl_server):
    server, port = wolfssl_server(suite)
    client, local = dial(start, tmp_path, port)
    sock = udp(local)
    for size in wolfssl_peer.SIZES:
        data = os.urandom(size)
        assert sock.ask(data) == data
    server.wait("^identity alice$")
    server.wait(f"^suite {SUITES[suite]}$")
    client.stop()
    server.wait("^closed$")


def test_wolfssl_may_take_leave_and_is_dialled_again(start, tmp_path, udp,
                                                     wolfssl_server):
    server, port = wolfssl_server(D001)
    client, local = dial(start, tmp_path, port)
    sock = udp(local)
    assert sock.ask(b"hello") == b"hello"
    sock.send(wolfssl_peer.BYE)
    client.wait("flow 1: .*closed by the peer")
    server.wait("^ready$", count=2)
    assert sock.ask(b"again") == b"again"


def test_wolfssl_that_does_not_know_us_is_no_connection(
        start, tmp_path, udp, wolfssl_server):
    server, port = wolfssl_server(D001, "bob")
    client, local = dial(start, tmp_path, port, "timeout=3")
    udp(local).send(b"hello")
    client.wait("flow 1: .*(cannot|handshake)")
    server.wait("^failed")
    server.exit_status()
