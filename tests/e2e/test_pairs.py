# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A local UDP port and a UDP target, with every carrier in between."""

import os
import socket

import pytest

import harness
from harness import READY, free_port

PSK = "00112233445566778899aabbccddeeff"
SIZES = 0, 1, 1400, 9000

# The accepting end and the dialling one; {} are the port and the folder of
# certificates.
CARRIERS = {
    "udp": ("udp-listen:127.0.0.1:{port}", "udp:127.0.0.1:{port}"),
    "tcp": ("tcp-listen:127.0.0.1:{port}", "tcp:127.0.0.1:{port}"),
    "tls": ("tls-listen:127.0.0.1:{port},cert={certs}/server.pem,"
            "key={certs}/server.key",
            "tls:127.0.0.1:{port},cafile={certs}/ca.pem"),
    "dtls": (f"dtls-listen:127.0.0.1:{{port}},psk={PSK}",
             f"dtls:127.0.0.1:{{port}},psk={PSK}"),
    "dtls-no-cid": (f"dtls-listen:127.0.0.1:{{port}},psk={PSK},no-cid",
                    f"dtls:127.0.0.1:{{port}},psk={PSK},no-cid"),
    "uott": ("uott-listen:127.0.0.1:{port}", "uott:127.0.0.1:{port}"),
    "uott-tls": ("uott-listen:127.0.0.1:{port},tls,cert={certs}/server.pem,"
                 "key={certs}/server.key",
                 "uott:127.0.0.1:{port},tls,cafile={certs}/ca.pem"),
    "udp2tcp": ("udp2tcp-listen:127.0.0.1:{port}", "udp2tcp:127.0.0.1:{port}"),
}


@pytest.fixture
def target():
    """The target, a socket of the test."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(harness.PATIENCE)
        yield s


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_takes_datagrams_of_all_sizes_both_ways(
        start, certs, target, udp, carrier):
    between, here = free_port(), free_port()
    accepting, dialling = (spec.format(port=between, certs=certs)
                           for spec in CARRIERS[carrier])
    start("tunnel", accepting,
          f"udp:127.0.0.1:{target.getsockname()[1]}").wait(READY)
    start("tunnel", f"udp-listen:127.0.0.1:{here}", dialling).wait(READY)
    sources = [udp(here) for _ in range(3)]
    seen = set()
    for source in sources:
        for size in SIZES:
            # Not an echo: what comes back is something else.
            up, down = os.urandom(size), os.urandom(size)
            source.send(up)
            data, peer = target.recvfrom(70000)
            assert data == up
            target.sendto(down, peer)
            assert source.recv(70000) == down
        seen.add(peer)
    assert len(seen) == len(sources), "each source has a port at the target"
    # The target speaks first, to all of them.
    for size in SIZES:
        for peer in seen:
            target.sendto(bytes(size), peer)
        for source in sources:
            assert source.recv(70000) == bytes(size)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_chains_with_itself(start, certs, echo, udp, carrier):
    """Two tunnels in a row: a carrier stands on both sides of the second."""
    first, second, here = free_port(), free_port(), free_port()
    last_in, last_out = (spec.format(port=first, certs=certs)
                         for spec in CARRIERS[carrier])
    next_in, next_out = (spec.format(port=second, certs=certs)
                         for spec in CARRIERS[carrier])
    start("tunnel", last_in, f"udp:127.0.0.1:{echo}").wait(READY)
    start("tunnel", next_in, last_out).wait(READY)
    start("tunnel", f"udp-listen:127.0.0.1:{here}", next_out).wait(READY)
    for source in udp(here), udp(here):
        for size in SIZES:
            data = os.urandom(size)
            assert source.ask(data) == data
