# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Handshakes over paths that lose 30 in 100 datagrams each way."""

import subprocess
import time

import pytest

from dtls_ends import PSK, dial, key_file, listen
from harness import free_port, need
from relay import DOWN, UP, Lossy, UdpRelay

pytestmark = pytest.mark.usefixtures("dtls")

SUITE = "NONE:+VERS-DTLS1.2:+COMP-NULL:+SIGN-ALL:+GROUP-ALL:+PSK:" \
    "+AES-128-CCM:+AEAD"
SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])
PATIENCE = 120          # the peers' own delays double without a limit


@pytest.fixture
def lossy():
    relays = []

    def lossy(server, seed):
        relays.append(UdpRelay(server, Lossy(seed)))
        return relays[-1]
    yield lossy
    for r in relays:
        r.close()


def say_until(client, sock, line):
    """Sends datagrams until the client has said that."""
    deadline = time.monotonic() + PATIENCE
    while line not in client.text():
        assert time.monotonic() < deadline, client.text()
        sock.send(b"hello\n")
        time.sleep(0.1)


def judge(client, relay):
    """One flow is enough nearly always, and nobody sends without measure: a
    handshake takes 6 datagrams, if none is lost."""
    assert relay.fate.lost > 0
    assert client.text().count(" began") <= 2
    assert relay.fate.came[UP] <= 100 and relay.fate.came[DOWN] <= 100


def test_our_client_and_our_server(start, tmp_path, echo, udp, lossy):
    """Many flows: of 60, nine may need a second attempt."""
    _, port = listen(start, tmp_path, echo)
    relay = lossy(port, 1)
    client, local = dial(start, tmp_path, relay.port)
    socks = [udp(local) for _ in range(60)]
    for sock in socks:
        sock.send(b"hello")
    client.wait("right is up|does not finish|no answer", PATIENCE,
                count=len(socks))
    assert client.text().count("right is up") >= 51


@SEEDS
def test_our_client_and_s_server(seed, start, tmp_path, udp, lossy):
    need("openssl")
    port = free_port()
    server = start("/usr/bin/env", "openssl", "s_server", "-dtls1_2",
                   "-accept", f"127.0.0.1:{port}", "-nocert", "-psk",
                   PSK["alice"], "-psk_identity", "alice",
                   stdin=subprocess.PIPE)
    server.wait("ACCEPT")
    relay = lossy(port, seed)
    client, local = dial(start, tmp_path, relay.port)
    say_until(client, udp(local), "right is up")
    judge(client, relay)


@SEEDS
def test_our_client_and_gnutls_serv(seed, start, tmp_path, udp, lossy):
    need("gnutls-serv")
    port = free_port()
    server = start("/usr/bin/env", "gnutls-serv", "--udp", "--echo", "-p",
                   port, "--pskpasswd", key_file(tmp_path), "--priority",
                   SUITE)
    server.wait("Echo Server listening on IPv4 .*done")
    relay = lossy(port, seed)
    client, local = dial(start, tmp_path, relay.port)
    say_until(client, udp(local), "right is up")
    judge(client, relay)


@SEEDS
def test_s_client_and_our_server(seed, start, tmp_path, echo, lossy):
    need("openssl")
    _, port = listen(start, tmp_path, echo)
    relay = lossy(port, seed)
    client = start("/usr/bin/env", "openssl", "s_client", "-dtls1_2",
                   "-connect", f"127.0.0.1:{relay.port}", "-psk",
                   PSK["alice"], "-psk_identity", "alice", "-cipher", "PSK",
                   stdin=subprocess.PIPE)
    client.wait("Extended master secret: yes", PATIENCE)
    assert relay.fate.lost > 0 and relay.fate.came[DOWN] <= 100


@SEEDS
def test_gnutls_cli_and_our_server(seed, start, tmp_path, echo, lossy):
    need("gnutls-cli")
    _, port = listen(start, tmp_path, echo)
    relay = lossy(port, seed)
    client = start("/usr/bin/env", "gnutls-cli", "--udp", "-p", relay.port,
                   "--pskusername", "alice", "--pskkey", PSK["alice"],
                   "--priority", SUITE, "127.0.0.1", stdin=subprocess.PIPE)
    client.wait("Handshake was completed", PATIENCE)
    assert relay.fate.lost > 0 and relay.fate.came[DOWN] <= 100
