# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Many flows at once, and none at all."""

import json
import os
import shutil
import signal
import sys
import time

import pytest

import harness
from harness import READY, until
from machines import LONG, bar, descriptors, wakeups

TRAFFIC = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "traffic.py")
FLOWS = 1000 if LONG else 100
POOL = 8
SECONDS = 10 if LONG else 3
IDLE_SECONDS = 60 if LONG else 10


@pytest.fixture
def tunnel(machine, start, certs):
    """Both halves and an echo on one machine of our own; returns it, the
    server and the client, which listens on 8911."""
    m = machine("scale")
    start(*m.prefix, "adit", "echo", "127.0.0.1:7777").wait("listening on")
    server = start(*m.prefix, "adit", "uotp-server", "-c",
                   certs / "server.pem", "-k", certs / "server.key",
                   "127.0.0.1", "7777")
    server.wait(READY)
    client = start(*m.prefix, "adit", "uotp-client", "-C", certs / "ca.pem",
                   "127.0.0.1", "8443")
    client.wait(READY)
    return m, server, client


def test_many_flows_of_8_connections_all_echo(tunnel, start, figures):
    m, server, client = tunnel
    halves = ("server", server), ("client", client)
    rss = {name: p.rss_kib() for name, p in halves}
    before = {p: descriptors(p) for _, p in halves}
    began = time.monotonic()
    traffic = start(*m.prefix, sys.executable, TRAFFIC, "flows", "8911",
                    FLOWS, 5 * FLOWS, SECONDS)
    # The server has a connection of the pool, and a UDP socket for each flow.
    until("all connections are there", lambda: descriptors(server) ==
          before[server] + (POOL + 1) * FLOWS and
          descriptors(client) == before[client] + POOL * FLOWS, 300)
    whole = time.monotonic() - began
    answered = traffic.wait(r"^all answered ([\d.]+)", 300)[1]
    figures(f"{FLOWS} flows of {POOL} connections: all echoed after "
            f"{answered} s, all connections there after {whole:.1f} s")
    for name, p in halves:
        figures(f"{name}: CPU to get there {p.cpu_s():.2f} s, RSS "
                f"{rss[name]} KiB before, {p.rss_kib()} KiB then: "
                f"{(p.rss_kib() - rss[name]) / FLOWS / POOL:.1f} KiB for a "
                "connection")
    cpu = {name: p.cpu_s() for name, p in halves}
    traffic.send_signal(signal.SIGUSR1)
    assert traffic.exit_status(SECONDS + 60) == 0
    sums = json.loads(traffic.text().splitlines()[-1])
    figures(f"{SECONDS} s of traffic: {sums}; full buffers of sockets: "
            f"{m.full_buffers()}")
    for name, p in halves:
        figures(f"{name}: CPU of it {p.cpu_s() - cpu[name]:.2f} s, RSS "
                f"{p.rss_kib()} KiB, {len(p.lines)} lines of log")
    assert sums["flows_answered"] == FLOWS
    assert sums["received"] > bar(0.99, 0.9) * sums["sent"]
    # An engine of TLS has 33 KiB of buffers, or less while it is idle.
    for name, p in halves:
        assert p.rss_kib() - rss[name] < 48 * FLOWS * POOL
    assert server.popen.poll() is None and client.popen.poll() is None


@pytest.mark.parametrize("state", ["fresh", "silent-flow"])
def test_an_idle_daemon_does_not_wake_up(tunnel, start, figures, state,
                                         tmp_path):
    """Counted by the kernel, and seen by strace."""
    harness.need("strace")
    m, server, client = tunnel
    if state == "silent-flow":
        m.run("adit", "ping", "-q", "-c", "20", "-r", "20",
              "127.0.0.1:8911")
        until("a pool", lambda: descriptors(client) > POOL)
    traces = []
    for p in server, client:
        log = tmp_path / f"strace.{p.pid}"
        traces.append(log)
        start(shutil.which("strace"), "-f", "-tt", "-o", log, "-p",
              p.pid).wait("attached")

    def calls():
        """The finished system calls of both."""
        return "".join(log.read_text() for log in traces).count("\n")

    # Attaching is a wake-up of its own; so is what was going on.
    quiet = [time.monotonic(), calls()]

    def calm():
        if calls() != quiet[1]:
            quiet[:] = time.monotonic(), calls()
        return time.monotonic() - quiet[0] > 1

    until("it is calm", calm)
    seen, slept = calls(), wakeups(server) + wakeups(client)
    cpu = server.cpu_s() + client.cpu_s()
    # Nothing to wait for: this is the time of the promise.
    time.sleep(IDLE_SECONDS)
    figures(f"{IDLE_SECONDS} s, both halves: {calls() - seen} system calls, "
            f"{wakeups(server) + wakeups(client) - slept} wake-ups, "
            f"{server.cpu_s() + client.cpu_s() - cpu:.2f} s CPU")
    assert calls() == seen, "".join(log.read_text() for log in traces)
    assert wakeups(server) + wakeups(client) == slept
