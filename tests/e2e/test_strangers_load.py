# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Crowds of strangers beside an honest client, which notices nothing.

They send to a namespace of our own, for a bounded time and in bounded
numbers."""

import json
import os
import re
import sys
import time

import pytest

import harness
from harness import READY, until
from machines import LONG, bar, descriptors

STRANGERS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "strangers.py")
SECONDS = 60 if LONG else 10
MAX_KIB = 64 * 1024


@pytest.fixture
def honest(machine, start, certs):
    m = machine("strangers")
    start(*m.prefix, "adit", "echo", "127.0.0.1:7777").wait("listening on")
    server = start(*m.prefix, "adit", "uotp-server", "-c",
                   certs / "server.pem", "-k", certs / "server.key",
                   "127.0.0.1", "7777")
    server.wait(READY)
    start(*m.prefix, "adit", "uotp-client", "-C", certs / "ca.pem",
          "127.0.0.1", "8443").wait(READY)
    idle = descriptors(server)
    done = m.run("adit", "ping", "--json", "-q", "-c", "50", "-r", "50",
                 "127.0.0.1:8911")
    assert json.loads(done.stdout)["received"] == 50
    return m, server, idle


@pytest.mark.parametrize("kind,crowd", [
    ("garbage", 200), ("stall", 300), ("half", 300),
    ("crowd", 10000 if LONG else 1000), ("all", 5000 if LONG else 500)])
def test_strangers_do_not_disturb(honest, start, figures, kind, crowd):
    """Garbage; connections that say nothing; handshakes that stop half-way;
    a crowd that all connect at once, and stay or come back; all of these."""
    m, server, idle = honest
    before = server.rss_kib()

    def ping(seconds):
        return start(*m.prefix, "adit", "ping", "--json", "-q", "-r", "100",
                     "-s", "200", "-t", seconds, "127.0.0.1:8911")

    def sums(p):
        assert p.exit_status(30) in (0, 1)
        # Warnings may follow.
        return json.loads([line for line in p.text().splitlines()
                           if line.startswith("{")][-1])

    # Its pool is there before anybody else is.
    client = ping(SECONDS)
    until("a second pool", lambda: descriptors(server) == idle + 2 * 9)
    strangers = start(*m.prefix, sys.executable, STRANGERS, "8443", kind,
                      crowd, SECONDS)
    strangers.wait("^here")
    newcomer = ping(SECONDS - 3)
    most = before
    while client.popen.poll() is None:
        most = max(most, server.rss_kib())
        time.sleep(0.2)
    client, newcomer = sums(client), sums(newcomer)
    assert strangers.exit_status(SECONDS + 60) == 0
    said = json.loads(strangers.text().splitlines()[-1])
    figures(f"{SECONDS} s of {kind}: {said['connections']} connections, at "
            f"most {said['most']} at once; server RSS {before} to {most} "
            f"KiB, CPU {server.cpu_s():.1f} s, {len(server.lines)} lines of "
            "log")
    for who, s in ("honest flow", client), ("newcomer's flow", newcomer):
        figures(f"{who}: lost {s['lost']} of {s['sent']}, RTT "
                f"{ {k: s['rtt_ms'][k] for k in ('p50', 'p99', 'max')} } ms")
    assert said["connections"] >= crowd
    assert client["received"] >= bar(0.99, 0.95) * client["sent"]
    # The first connection of a new flow has to get through the crowd.
    assert newcomer["received"] >= bar(0.9, 0.5) * newcomer["sent"]
    assert most < MAX_KIB
    # Lines about strangers are folded, whatever their number.
    assert len(server.lines) < 20 + 3 * SECONDS
    assert server.popen.poll() is None
    # And newcomers come in.
    m.run("adit", "ping", "-q", "-c", "20", "-r", "20", "127.0.0.1:8911")
    assert re.search("closed|refused|too many", server.text()) or \
        kind == "stall"
