# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""GnuTLS's gnutls-cli and gnutls-serv as DTLS peers."""

import os
import sys

import pytest

import dtls_ends
import gnutls_peer
from dtls_ends import (C037, C0A4, C0A8, C0A9, CBC_PSK, CCAB, CCAC, GCM_PSK,
                       PSK, VERIFY, dial, listen)
from harness import run

pytestmark = pytest.mark.usefixtures("dtls")

# What to add to GnuTLS's priorities, and how it is called when it is chosen.
SUITES = {
    CCAC: ("+ECDHE-PSK:+CHACHA20-POLY1305:+AEAD", "CHACHA20-POLY1305"),
    C037: ("+ECDHE-PSK:+AES-128-CBC:+SHA256", "AES-128-CBC"),
    C0A4: ("+PSK:+AES-128-CCM:+AEAD", "AES-128-CCM"),
    C0A8: ("+PSK:+AES-128-CCM-8:+AEAD", "AES-128-CCM-8"),
    C0A9: ("+PSK:+AES-256-CCM-8:+AEAD", "AES-256-CCM-8"),
    GCM_PSK: ("+PSK:+AES-128-GCM:+AEAD", "AES-128-GCM"),
    CBC_PSK: ("+PSK:+AES-128-CBC:+SHA256", "AES-128-CBC"),
    CCAB: ("+PSK:+CHACHA20-POLY1305:+AEAD", "CHACHA20-POLY1305"),
}
ALL = pytest.mark.parametrize("suite", SUITES)
PLAIN = pytest.mark.parametrize(
    "suite", [suite for suite in SUITES if "ECDHE" not in suite])
GROUPS = pytest.mark.parametrize("group, shown", [
    ("X25519", "X25519"), ("SECP256R1", "SECP256R1"),
    ("SECP384R1", "SECP384R1")], ids=["X25519", "P-256", "P-384"])
PEER = os.path.abspath(gnutls_peer.__file__)
LENGTHS = [1, 15, 16, 17, 63, 64, 125]     # gnutls-serv has room for 128


def priority(suite, groups="+GROUP-ALL"):
    return "NONE:+VERS-DTLS1.2:+COMP-NULL:+SIGN-ALL:" + groups + ":" + \
        SUITES[suite][0]


@pytest.fixture
def gnutls_cli(start):
    def gnutls_cli(port, *args, **options):
        return dtls_ends.gnutls_cli(start, port, "-d", "4", *args, **options)
    return gnutls_cli


@pytest.fixture
def gnutls():
    """The library is there."""
    if gnutls_peer.library() is None:
        pytest.skip("libgnutls is not installed")


@pytest.fixture
def gnutls_serv(start, tmp_path):
    """An echo server; the process and its port."""
    def gnutls_serv(*args):
        return dtls_ends.gnutls_serv(start, tmp_path, "-d", "4", *args)
    return gnutls_serv


def echoes(client, lengths=[*LENGTHS, 500, 1100]):
    """Lines come back to gnutls-cli."""
    for n, length in enumerate(lengths):
        line = "xyz"[n % 3] * length
        since = client.mark()
        client.say(line)
        client.wait(f"^{line}$", since=since)


def answers(sock, lengths=LENGTHS):
    """Datagrams come back from gnutls-serv."""
    for n, length in enumerate(lengths):
        line = b"xyz"[n % 3:n % 3 + 1] * length + b"\n"
        assert sock.ask(line) == line


# --- gnutls-cli -------------------------------------------------------------

@VERIFY
@PLAIN
def test_gnutls_cli_talks_to_our_server(suite, verify, start, tmp_path, echo,
                                        gnutls_cli):
    _, port = listen(start, tmp_path, echo, verify=verify)
    client = gnutls_cli(port, "--priority", priority(suite))
    client.wait("Handshake was completed")
    echoes(client)
    client.wait(rf"Description: \(DTLS1\.2.*\({SUITES[suite][1]}\)")
    client.wait("Options:.* extended master secret,.* safe renegotiation,")
    asked = "HELLO VERIFY REQUEST" in client.text()
    assert asked == verify


# With ECDHE, it is a program of ours around the library.

def peer(port, priority, name="alice", key=None):
    return (sys.executable, PEER, port, priority, name, key or PSK[name])


@VERIFY
@pytest.mark.parametrize("suite", [CCAC, C037])
def test_gnutls_talks_to_our_server_with_forward_secrecy(
        suite, verify, start, tmp_path, echo, gnutls):
    _, port = listen(start, tmp_path, echo, verify=verify)
    said = run(*peer(port, priority(suite))).stdout
    assert f"-({SUITES[suite][1]})" in said.splitlines()[0]
    assert f"echoed {len(gnutls_peer.SIZES)}\n" in said


@GROUPS
def test_gnutls_chooses_the_group(group, shown, start, tmp_path, echo,
                                  gnutls):
    _, port = listen(start, tmp_path, echo)
    groups = "+GROUP-SECP521R1:+GROUP-" + group
    said = run(*peer(port, priority(CCAC, groups))).stdout
    assert f"(ECDHE-{shown})" in said
    assert f"echoed {len(gnutls_peer.SIZES)}\n" in said


def test_each_identity_of_gnutls_cli_has_its_own_key(start, tmp_path, echo,
                                                     gnutls_cli):
    _, port = listen(start, tmp_path, echo)
    clients = [gnutls_cli(port, "--priority", priority(C0A4), name=name)
               for name in PSK]
    for client in clients:
        client.wait("Handshake was completed")
        echoes(client, [7])
    wrong = [gnutls_cli(port, "--priority", priority(C0A4), name="alice",
                        key=PSK["bob"]),
             gnutls_cli(port, "--priority", priority(C0A4), name="mallory",
                        key=PSK["alice"])]
    for client in wrong:
        client.wait(r"FINISHED was queued")
    for client in clients:
        echoes(client, [8])
    for client in wrong:
        assert "Handshake was completed" not in client.text()


def test_gnutls_cli_may_take_leave_and_come_again(start, tmp_path, echo,
                                                  gnutls_cli):
    server, port = listen(start, tmp_path, echo)
    client = gnutls_cli(port, "--priority", priority(C0A4))
    client.wait("Handshake was completed")
    echoes(client, [7])
    client.popen.stdin.close()
    server.wait("flow 1: .*closed by the peer")
    client.exit_status()
    client = gnutls_cli(port, "--priority", priority(C0A4))
    client.wait("Handshake was completed")
    echoes(client, [9])


def test_our_server_takes_leave_of_gnutls_cli(start, tmp_path, echo,
                                              gnutls_cli):
    server, port = listen(start, tmp_path, echo)
    client = gnutls_cli(port, "--priority", priority(C0A4))
    client.wait("Handshake was completed")
    echoes(client, [7])
    assert server.stop() == 0
    client.wait("Peer has closed the GnuTLS connection")
    client.exit_status()


# --- gnutls-serv ------------------------------------------------------------

@VERIFY
@ALL
def test_our_client_talks_to_gnutls_serv(suite, verify, start, tmp_path, udp,
                                         gnutls_serv):
    server, port = gnutls_serv("--priority", priority(suite),
                               *([] if verify else ["--nocookie"]))
    _, local = dial(start, tmp_path, port)
    answers(udp(local))
    name = suite[4:].replace("WITH_", "").replace("05_SHA256", "05")
    server.wait(f"Selected cipher suite: GNUTLS_{name}$")
    server.wait("Safe renegotiation succeeded")
    # Of the ClientHello that is the first, or that brings the cookie back.
    assert server.wait(r"CLIENT HELLO \(1\) was received.*sequence: (\d)"
                       )[1] == str(int(verify))


@GROUPS
def test_our_client_takes_the_group_that_gnutls_serv_wants(
        group, shown, start, tmp_path, udp, gnutls_serv):
    server, port = gnutls_serv("--priority",
                               priority(CCAC, "+GROUP-" + group))
    _, local = dial(start, tmp_path, port)
    answers(udp(local), [5])
    server.wait(f"Selected group {shown}")


def test_gnutls_serv_learns_our_identity(start, tmp_path, udp, gnutls_serv):
    _, port = gnutls_serv("--priority", priority(CCAC))
    _, local = dial(start, tmp_path, port, name="bob")
    answers(udp(local), [5])


def test_a_hint_of_gnutls_serv_is_nothing_to_us(start, tmp_path, udp,
                                                gnutls_serv):
    _, port = gnutls_serv("--priority", priority(CBC_PSK), "--pskhint",
                          "whoever")
    _, local = dial(start, tmp_path, port)
    answers(udp(local), [5])
