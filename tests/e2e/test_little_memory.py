# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""`ulimit -v 12000`: little address space."""

import os

import pytest

from lacks import KINDS, Lacking

FLOWS = 100
LIMIT_KIB = 12000


@pytest.fixture
def lacking(start, adit, tmp_path):
    made = Lacking(start, adit, tmp_path)
    made.list = f"memory={LIMIT_KIB}"
    made.pool = 1       # 800 TLS connections need more
    try:
        limited = made.start(made.tool, made.list, adit, "--version")
        status = limited.exit_status()
    except OSError as error:
        pytest.skip(str(error))
    if status != 0 and "annot" in limited.text():
        # AddressSanitizer takes much more.
        pytest.skip(limited.text())
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_flows_in_12000_kib(lacking, certs, echo, udp, kind):
    server, client, here = lacking.tunnel(kind, certs, echo)
    flows = [udp(here) for _ in range(FLOWS)]
    for number, flow in enumerate(flows):
        flow.ask_until_answered(b"flow %d" % number)
    for size in 1, 1400, 9000:
        for flow in flows[::10]:
            flow.drain()
            data = os.urandom(size)
            assert flow.ask(data) == data
    for process in client, server:
        assert process.stop() == 0
        assert "memory" not in process.text()


@pytest.mark.parametrize("kind", ["udp", "dtls", "tls"])
def test_large_datagrams_in_bursts_there(lacking, certs, echo, udp, kind):
    """More of them at once than the arena has slots."""
    _, _, here = lacking.tunnel(kind, certs, echo)
    flow = udp(here)
    flow.ask_until_answered()
    flow.drain()
    # What a DTLS record holds.
    size = 16000
    sent = {bytes([n]) + os.urandom(size) for n in range(12)}
    for data in sent:
        flow.send(data)
    got = {flow.recv(70000) for _ in range(len(sent))}
    assert got == sent
