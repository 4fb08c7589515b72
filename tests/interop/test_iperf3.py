# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""`iperf3 -u` through the tunnel.

iperf3 wants a TCP connection to the port of its datagrams as well: a relay
stands beside our UDP listener, both on 127.0.0.9."""

import json
import pathlib
import shutil
import signal

import pytest

import harness
from harness import READY, TUNNELS, need, run

CLIENT = "127.0.0.9"
SECONDS = 2


# Losses that are no fault of a tunnel: in a buffer of the system, whose program
# had to wait for a processor; and what came after iperf3 had ended.
OUTSIDE = "none", "socket buffer full", "nobody listens there"


def report(end):
    """What an end has passed up and down, and what it lost."""
    since = end.mark()
    end.send_signal(signal.SIGUSR1)
    up, down, lost = end.wait(
        r"up (\d+) datagrams, .*; down (\d+) datagrams, .*; lost here: (.*)",
        since=since).groups()
    return int(up), int(down), lost


def loses_nothing(ends):
    """What is still on its way between the ends arrives.  Returns how many a
    full socket buffer cost."""
    reports = []

    def agree():
        reports[:] = [report(end) for end in ends]
        print(reports)
        return len({passed[:2] for passed in reports}) == 1

    harness.until("what one end took has come to the other", agree)
    full = 0
    for _, _, lost in reports:
        for cause in lost.split(", "):
            why = cause.lstrip("0123456789 ")
            assert why in OUTSIDE, reports
            if why == "socket buffer full":
                full += int(cause.split()[0])
    return full


def overflows():
    """How many datagrams found the buffer of their socket full, all programs
    together."""
    names, values = [line.split() for line in
                     pathlib.Path("/proc/net/snmp").read_text().splitlines()
                     if line.startswith("Udp:")]
    return int(values[names.index("RcvbufErrors")])


@pytest.fixture
def measure(start, certs, names):
    """Measures a tunnel; returns the sums of what iperf3 reports, with what was
    lost outside of the tunnel.  What one end took the other has, and neither
    lost anything."""
    relays = []

    def measure(kind, *options):
        need("iperf3")
        port = harness.free_port()
        iperf3 = shutil.which("iperf3")
        server = start(iperf3, "-s", "-B", "127.0.0.1", "-p", port,
                       "--forceflush")
        server.wait("Server listening")
        ends = []
        if kind == "udp":
            right = f"udp:127.0.0.1:{port}"
        else:
            end, pool = harness.start_server(start, certs, names, kind, port)
            ends.append(end)
            right = f"{kind}:127.0.0.1:{pool}"
            if kind == "tls":
                right += f",cafile={certs}/ca.pem"
        local = port
        ends.append(start("tunnel", f"udp-listen:{CLIENT}:{local}", right))
        ends[-1].wait(READY)
        relays.append(harness.Relay(port, (CLIENT, local)))
        before = overflows()
        shown = run(iperf3, "-J", "-u", "-c", CLIENT, "-p", local, "-t",
                    SECONDS, *options, timeout=60).stdout
        outside = loses_nothing(ends) + overflows() - before
        return dict(json.loads(shown)["end"]["sum"], outside=outside)

    yield measure
    for relay in relays:
        relay.close()


def check_losses(measure, kind, size, flows, share, *options):
    """Loses no more than that share at a moderate rate, and none of it in the
    tunnel at any rate.  Which rate is moderate, the machine decides: datagrams
    for a program that has to wait for a processor fill the buffer of its
    socket, in 90 ms at the first rate."""
    for rate in 10e6, 3e6, 1e6, 3e5:
        sums = measure(kind, "-b", int(rate), "-l", size, "-P", flows, "-w",
                       "200K", *options)
        wanted = SECONDS * flows * rate / 8 / size
        allowed = share * sums["packets"]
        # What is still on its way when the time is over is not counted.
        assert sums["lost_packets"] <= sums["outside"] + allowed
        if sums["packets"] > 0.8 * wanted and \
                sums["lost_packets"] <= allowed:
            return
    raise AssertionError(sums)


@pytest.mark.parametrize("direction", [[], ["-R"]], ids=["up", "down"])
@pytest.mark.parametrize("kind", [k for k in TUNNELS if "old" not in k])
def test_iperf3_loses_nothing_at_a_moderate_rate(kind, direction, measure):
    check_losses(measure, kind, 1200, 1, 0.005, *direction)


@pytest.mark.parametrize("kind", ["tls"])
def test_iperf3_with_four_flows_and_large_datagrams(kind, measure):
    check_losses(measure, kind, 8000, 4, 0.01)
