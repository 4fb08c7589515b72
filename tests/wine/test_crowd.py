# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Thousands of flows through adit.exe, a socket each."""

import os
import resource

import pytest

import harness
from harness import READY, free_port

FLOWS = 2000
FEW = 50


@pytest.fixture(autouse=True)
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 3 * FLOWS:
        pytest.skip(f"only {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3 * FLOWS), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def test_two_thousand_flows_come_and_go(windows, echo, udp):
    port = free_port()
    control = f"crowd-{os.getpid()}"
    # No flow ends before the test says so.
    process = windows.start(
        "tunnel", "--idle", "0", "--control", control,
        f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}")
    process.wait(READY)
    udp(port).ask_until_answered(b"first")
    before, memory = descriptors(process), process.rss_kib()
    sources = [udp(port) for _ in range(FLOWS)]
    for at in range(0, FLOWS, 100):
        for source in sources[at:at + 100]:
            source.send(b"%d" % id(source))
        for source in sources[at:at + 100]:
            assert source.recv(100) == b"%d" % id(source)
    during = descriptors(process)
    assert during - before >= FLOWS, "each flow has a socket"
    print(f"descriptors: {before}, then {during}; "
          f"KiB: {memory}, then {process.rss_kib()}")
    assert process.rss_kib() - memory < 16 * FLOWS
    windows.run("ctl", "--control", control, "drop", "-")
    harness.until("the flows have ended",
                  lambda: descriptors(process) <= before + 50)
    assert sources[-1].ask(b"again") == b"again"


def test_idle_flows_end_by_themselves(windows, echo, udp):
    port = free_port()
    process = windows.start("tunnel", "--idle", "5",
                            f"udp-listen:127.0.0.1:{port}",
                            f"udp:127.0.0.1:{echo}")
    process.wait(READY)
    before = descriptors(process)
    sources = [udp(port) for _ in range(FEW)]
    for source in sources:
        source.ask_until_answered(b"once")
    process.wait(f"flow {FEW}: .*began")
    harness.until("their sockets are closed",
                  lambda: descriptors(process) < before + FEW // 2)
    process.wait("ended: idle", count=FEW)
    assert sources[-1].ask_until_answered(b"again")
