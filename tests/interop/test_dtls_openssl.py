# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""OpenSSL's s_client and s_server as DTLS peers."""


import pytest

import dtls_ends
from dtls_ends import (C037, C0A4, C0A8, C0A9, CBC_PSK, CCAB, CCAC, GCM_PSK,
                       PSK, VERIFY, dial, listen)
from harness import free_port

pytestmark = pytest.mark.usefixtures("dtls")

SUITES = {
    CCAC: "ECDHE-PSK-CHACHA20-POLY1305",
    C037: "ECDHE-PSK-AES128-CBC-SHA256",
    C0A4: "PSK-AES128-CCM",
    C0A8: "PSK-AES128-CCM8",
    C0A9: "PSK-AES256-CCM8",
    GCM_PSK: "PSK-AES128-GCM-SHA256",
    CBC_PSK: "PSK-AES128-CBC-SHA256",
    CCAB: "PSK-CHACHA20-POLY1305",
}
ALL = pytest.mark.parametrize("suite", SUITES)
LENGTHS = [1, 15, 16, 17, 63, 64, 500, 1199, 4000, 8000]


@pytest.fixture
def openssl(start):
    """Starts s_client or s_server, as alice or bob."""
    def openssl(tool, where, port, *args, **options):
        return dtls_ends.openssl(start, tool, where, port, "-state", *args,
                                 **options)
    return openssl


@pytest.fixture
def s_client(openssl):
    def s_client(port, *args, **options):
        return openssl("s_client", "-connect", port, *args, **options)
    return s_client


@pytest.fixture
def s_server(openssl):
    """The process and its port."""
    def s_server(*args, **options):
        port = free_port()
        p = openssl("s_server", "-accept", port, "-nocert", *args, **options)
        p.wait("ACCEPT")
        return p, port
    return s_server


def echoes(client, lengths=LENGTHS):
    """Lines come back to s_client."""
    for n, length in enumerate(lengths):
        line = "xyz"[n % 3] * length
        since = client.mark()
        client.say(line)
        client.wait(f"^{line}$", since=since)


def answers(server, sock, lengths=LENGTHS):
    """Datagrams reach s_server, and its answers come back."""
    for n, length in enumerate(lengths):
        line = "xyz"[n % 3] * length
        since = server.mark()
        sock.send(line.encode() + b"\n")
        server.wait(f"^{line}$", since=since)
        server.say(line[::-1])
        assert sock.recv(70000) == line[::-1].encode() + b"\n"


# --- s_client ---------------------------------------------------------------

@VERIFY
@ALL
def test_s_client_talks_to_our_server(suite, verify, start, tmp_path, echo,
                                      s_client):
    _, port = listen(start, tmp_path, echo, verify=verify)
    client = s_client(port, "-cipher", SUITES[suite])
    echoes(client)
    client.wait(f"Cipher is {SUITES[suite]}$")
    client.wait("Secure Renegotiation IS supported")
    client.wait("Extended master secret: yes")
    assert ("read hello verify request" in client.text()) == verify


@pytest.mark.parametrize("group, shown", [
    ("X25519", "X25519,"), ("P-256", "ECDH, (P-256|prime256v1),"),
    ("P-384", "ECDH, (P-384|secp384r1),")])
def test_s_client_chooses_the_group(group, shown, start, tmp_path, echo,
                                    s_client):
    _, port = listen(start, tmp_path, echo)
    client = s_client(port, "-cipher", SUITES[CCAC], "-groups", group)
    echoes(client, [5])
    client.wait(f"Server Temp Key: {shown}")


def test_groups_that_only_s_client_has_are_passed_over(
        start, tmp_path, echo, s_client):
    _, port = listen(start, tmp_path, echo, "groups=P-384:P-256")
    client = s_client(port, "-cipher", SUITES[CCAC], "-groups",
                      "X448:X25519:P-521:P-256:P-384")
    echoes(client, [5])
    client.wait("Server Temp Key: ECDH, (P-256|prime256v1),")


def test_s_client_s_default_offer_gets_forward_secrecy(
        start, tmp_path, echo, s_client):
    _, port = listen(start, tmp_path, echo)
    client = s_client(port)
    echoes(client, [5])
    client.wait("Cipher is ECDHE-PSK-")


def test_suites_that_are_not_in_our_list_are_not_taken(
        start, tmp_path, echo, s_client):
    _, port = listen(start, tmp_path, echo, f"ciphers={C0A4}:{CBC_PSK}")
    client = s_client(port, "-cipher", f"{SUITES[CCAC]}:{SUITES[GCM_PSK]}:"
                      f"{SUITES[CBC_PSK]}:{SUITES[C0A4]}")
    echoes(client, [5])
    client.wait(f"Cipher is {SUITES[CBC_PSK]}$")


def test_no_suite_in_common_is_told_to_s_client(start, tmp_path, echo,
                                                s_client):
    _, port = listen(start, tmp_path, echo, f"ciphers={C0A4}")
    client = s_client(port, "-cipher", SUITES[CCAB])
    client.wait("alert (handshake failure|insufficient security)")
    assert client.exit_status() != 0


def test_each_identity_has_its_own_key(start, tmp_path, echo, s_client):
    server, port = listen(start, tmp_path, echo)
    clients = [s_client(port, name=name) for name in PSK]
    for client in clients:
        echoes(client, [7])
    # Those that are wrong hear nothing, as those that are right go on.
    wrong = [s_client(port, name="alice", key=PSK["bob"]),
             s_client(port, name="mallory \x1b", key=PSK["alice"])]
    for client in wrong:
        client.wait("write finished")
    for client in clients:
        echoes(client, [8])
    for client in wrong:
        assert "read finished" not in client.text()
    # The log of the server distinguishes them.
    server.wait(r"no handshake: wrong key of identity alice \(127")
    server.wait(r"unknown identity mallory\\x20\\x1b \(127")


def test_s_client_may_take_leave_and_come_again(start, tmp_path, echo,
                                                s_client):
    server, port = listen(start, tmp_path, echo)
    client = s_client(port)
    echoes(client, [7])
    client.popen.stdin.close()
    assert client.exit_status() == 0
    server.wait("flow 1: .*closed by the peer")
    echoes(s_client(port), [9])


def test_our_server_takes_leave_of_s_client(start, tmp_path, echo, s_client):
    server, port = listen(start, tmp_path, echo)
    client = s_client(port)
    echoes(client, [7])
    assert server.stop() == 0
    client.wait("(closed|alert read:warning:close notify)")
    client.exit_status()


def test_s_client_that_asks_for_renegotiation_goes_on(start, tmp_path, echo,
                                                      s_client):
    _, port = listen(start, tmp_path, echo)
    client = s_client(port)
    echoes(client, [7])
    since = client.mark()
    client.say("R")
    client.wait("RENEGOTIATING", since=since)
    # Nobody answers; and others are served.
    echoes(s_client(port), [7])


def test_a_handshake_in_fragments_is_put_together(start, tmp_path, echo,
                                                  s_client):
    _, port = listen(start, tmp_path, echo, "mtu=100")
    client = s_client(port, "-mtu", "256", "-cipher", SUITES[CCAC],
                      "-groups", "P-384")
    echoes(client)


# --- s_server ---------------------------------------------------------------

@ALL
def test_our_client_talks_to_s_server(suite, start, tmp_path, udp, s_server):
    server, port = s_server("-cipher", SUITES[suite])
    _, local = dial(start, tmp_path, port)
    answers(server, udp(local))
    server.wait(f"CIPHER is {SUITES[suite]}$")
    server.wait("Secure Renegotiation IS supported")


@pytest.mark.parametrize("group, shown", [
    ("X25519", "x25519"), ("P-256", "secp256r1"), ("P-384", "secp384r1")])
def test_our_client_takes_the_group_that_s_server_wants(
        group, shown, start, tmp_path, udp, s_server):
    server, port = s_server("-groups", group)
    _, local = dial(start, tmp_path, port)
    answers(server, udp(local), [5])
    server.wait("CIPHER is ECDHE-PSK-")
    server.wait(f"Shared groups: {shown}$")


@pytest.mark.parametrize("suite", [CCAC, C037, GCM_PSK])
def test_a_hint_of_s_server_is_nothing_to_us(suite, start, tmp_path, udp,
                                             s_server):
    server, port = s_server("-psk_hint", "whoever", "-cipher", SUITES[suite])
    _, local = dial(start, tmp_path, port)
    answers(server, udp(local), [5])


def test_s_server_learns_our_identity(start, tmp_path, udp, s_server):
    server, port = s_server(name="bob")
    _, local = dial(start, tmp_path, port, name="bob")
    answers(server, udp(local), [5])
    assert "PSK warning" not in server.text()


def test_a_wrong_key_is_no_connection(start, tmp_path, udp, s_server):
    server, port = s_server(key=PSK["bob"])
    client, local = dial(start, tmp_path, port, "timeout=1.5")
    udp(local).send(b"secret\n")
    client.wait("flow 1: .*does not finish the handshake")
    assert "read finished" not in server.text()
    assert "secret" not in server.text()


def test_no_suite_in_common_is_told_by_s_server(start, tmp_path, udp,
                                                s_server):
    _, port = s_server("-cipher", SUITES[CCAC])
    client, local = dial(start, tmp_path, port, f"ciphers={C0A4}")
    udp(local).send(b"hello\n")
    client.wait("flow 1: .*(suite|handshake failure|handshake_failure)")


def test_s_server_s_handshake_in_fragments_is_put_together(
        start, tmp_path, udp, s_server):
    server, port = s_server("-mtu", "256", "-groups", "P-384")
    _, local = dial(start, tmp_path, port, "mtu=100")
    answers(server, udp(local))
