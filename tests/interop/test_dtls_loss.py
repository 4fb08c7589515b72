# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Handshakes over paths that lose 30 in 100 datagrams each way."""

import time

import pytest

from dtls_ends import (GNUTLS_SUITE, dial, gnutls_cli, gnutls_serv, listen,
                       openssl)
from harness import free_port
from relay import DOWN, UP, Lossy

pytestmark = pytest.mark.usefixtures("dtls")

SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])
PATIENCE = 120          # the peers' own delays double without a limit


@pytest.fixture
def lossy(relay):
    return lambda server, seed: relay(server, Lossy(seed))


def say_until(client, sock, line):
    """Sends datagrams until the client has said that."""
    deadline = time.monotonic() + PATIENCE
    while line not in client.text():
        assert time.monotonic() < deadline, client.text()
        sock.send(b"hello\n")
        time.sleep(0.1)


def judge(client, relay):
    """One flow is not enough with a chance of p = 1/20, so that more than four
    are needed once in 160,000 cases (p^4), and nobody sends without measure: a
    handshake takes 6 datagrams, if none is lost."""
    assert relay.fate.lost > 0
    assert client.text().count(" began") <= 4
    assert relay.fate.came[UP] <= 100 and relay.fate.came[DOWN] <= 100


def test_our_client_and_our_server(start, tmp_path, echo, udp, lossy):
    """Many flows, each of which needs a second attempt with a chance of
    p = 1/20; which loses what is a matter of time.  More than 13 of 60 need it
    in 1.2 of a million runs (binomial).  Without repetitions p is 0.88, that
    one of 6 datagrams is lost: 53 of 60."""
    _, port = listen(start, tmp_path, echo)
    relay = lossy(port, 1)
    client, local = dial(start, tmp_path, relay.port)
    socks = [udp(local) for _ in range(60)]
    for sock in socks:
        sock.send(b"hello")
    client.wait("right is up|does not finish|no answer", PATIENCE,
                count=len(socks))
    assert client.text().count("right is up") >= len(socks) - 13


@SEEDS
def test_our_client_and_s_server(seed, start, tmp_path, udp, lossy):
    port = free_port()
    openssl(start, "s_server", "-accept", port, "-nocert").wait("ACCEPT")
    relay = lossy(port, seed)
    client, local = dial(start, tmp_path, relay.port)
    say_until(client, udp(local), "right is up")
    judge(client, relay)


@SEEDS
def test_our_client_and_gnutls_serv(seed, start, tmp_path, udp, lossy):
    _, port = gnutls_serv(start, tmp_path, "--priority", GNUTLS_SUITE)
    relay = lossy(port, seed)
    client, local = dial(start, tmp_path, relay.port)
    say_until(client, udp(local), "right is up")
    judge(client, relay)


@SEEDS
def test_s_client_and_our_server(seed, start, tmp_path, echo, lossy):
    _, port = listen(start, tmp_path, echo)
    relay = lossy(port, seed)
    client = openssl(start, "s_client", "-connect", relay.port, "-cipher",
                     "PSK")
    client.wait("Extended master secret: yes", PATIENCE)
    assert relay.fate.lost > 0 and relay.fate.came[DOWN] <= 100


@SEEDS
def test_gnutls_cli_and_our_server(seed, start, tmp_path, echo, lossy):
    _, port = listen(start, tmp_path, echo)
    relay = lossy(port, seed)
    client = gnutls_cli(start, relay.port, "--priority", GNUTLS_SUITE)
    client.wait("Handshake was completed", PATIENCE)
    assert relay.fate.lost > 0 and relay.fate.came[DOWN] <= 100
