# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Two machines, as network namespaces with a cable between them."""

import itertools
import json
import os
import signal
import subprocess
import time

import pytest

import harness
from harness import READY, run, until

_numbers = itertools.count()


class Machine:
    """A network namespace."""

    def __init__(self, name):
        self.name = name
        self.prefix = ["/usr/bin/env", "ip", "netns", "exec", name]

    def run(self, *args, **options):
        return run(*self.prefix, *args, **options)

    def ip(self, *args):
        return run("ip", "-n", self.name, *args)


@pytest.fixture
def machines():
    """Two of them: 10.77.0.1, fd77::1 and 10.77.0.2, fd77::2."""
    harness.need_root()
    harness.need("ip")
    tag = f"adit{os.getpid()}n{next(_numbers)}"
    made = []
    try:
        for i in 1, 2:
            done = subprocess.run(["ip", "netns", "add", f"{tag}x{i}"],
                                  capture_output=True, text=True)
            if done.returncode != 0:
                pytest.skip("no network namespaces here: " + done.stderr)
            made.append(Machine(f"{tag}x{i}"))
        a, b = made
        a.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable",
             "netns", b.name)
        for i, m in enumerate(made, 1):
            m.ip("link", "set", "lo", "up")
            m.ip("address", "add", f"10.77.0.{i}/24", "dev", "cable")
            if harness.has_ipv6():
                m.ip("address", "add", f"fd77::{i}/64", "dev", "cable",
                     "nodad")
            m.ip("link", "set", "cable", "up")
        yield made
    finally:
        for m in made:
            subprocess.run(["ip", "netns", "del", m.name])


@pytest.fixture
def tunnel(machines, start, adit, tmp_path):
    """Starts echo and server on the second machine, a client on the first;
    returns the client.  It listens on 127.0.0.1:8911."""
    a, b = machines

    def tunnel(host, *client_options, server_options=()):
        run(adit, "gencert", "-d", tmp_path, host, "-f")
        start(*b.prefix, adit, "echo").wait("listening on")
        start(*b.prefix, adit, "uotp-server", "-a",
              "::" if ":" in host else "0.0.0.0", "-c",
              tmp_path / "server.pem", "-k", tmp_path / "server.key",
              *server_options, "127.0.0.1", "7007").wait(READY)
        client = start(*a.prefix, adit, "uotp-client", "-C",
                       tmp_path / "ca.pem", *client_options, host, "8443")
        client.wait(READY)
        # The network is up when it knows its neighbours.
        until("the neighbour answers", lambda: knows(a, adit, host))
        return client

    return tunnel


def knows(machine, adit, host):
    shown = f"[{host}]:9" if ":" in host else f"{host}:9"
    subprocess.run([*machine.prefix, adit, "ping", "-q", "-c", "1", "-w",
                    "0.05", shown], capture_output=True)
    return "lladdr" in machine.ip("neigh", "show", host).stdout


def ping(machine, adit, *options, status=0):
    done = machine.run(adit, "ping", "--json", *options, "127.0.0.1:8911",
                       status=status, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("host", ["10.77.0.2", "fd77::2"])
def test_ping_passes_from_machine_to_machine(machines, adit, tunnel, host):
    if ":" in host and not harness.has_ipv6():
        pytest.skip("this machine has no IPv6")
    tunnel(host)
    sums = ping(machines[0], adit, "-c", "200", "-r", "200", "-s", "1400",
                "--flows", "2")
    assert sums["received"] == 200


def test_server_on_the_wildcard_answers_on_ipv6_and_ipv4(machines, adit,
                                                         start):
    if not harness.has_ipv6():
        pytest.skip("this machine has no IPv6")
    a, b = machines
    start(*b.prefix, adit, "echo", ":7777").wait("listening on", count=2)
    for host in "10.77.0.2", "fd77::2":
        until("the neighbour answers", lambda: knows(a, adit, host))
        shown = f"[{host}]" if ":" in host else host
        a.run(adit, "ping", "-c", "3", "-r", "100", shown + ":7777")


def test_cable_pulled_and_plugged_in_again(machines, adit, start, tunnel):
    a, b = machines
    tunnel("10.77.0.2", "-B", "1", "-w", "2")
    p = start(*a.prefix, adit, "ping", "--json", "-r", "50",
              "127.0.0.1:8911")
    assert ping(a, adit, "-c", "20", "-r", "100")["received"] == 20
    away = time.monotonic()
    b.ip("link", "set", "cable", "down")
    assert ping(a, adit, "-c", "100", "-r", "50", "-w", "0.1",
                status=1)["received"] == 0
    b.ip("link", "set", "cable", "up")
    if harness.has_ipv6():
        b.ip("address", "replace", "fd77::2/64", "dev", "cable", "nodad")
    began = time.monotonic()
    until("traffic is back", lambda: ping_once(a, adit), 15)
    away = time.monotonic() - away
    assert time.monotonic() - began < 10
    assert ping(a, adit, "-c", "100", "-r", "50")["received"] > 50
    assert p.stop(signal.SIGINT) == 0
    sums = json.loads(p.text().splitlines()[-1])
    # What was sent meanwhile is missing, no more.
    assert sums["sent"] - sums["received"] < 50 * (away + 1), sums


def ping_once(machine, adit):
    done = subprocess.run([*machine.prefix, adit, "ping", "-c", "1", "-w",
                           "0.2", "-q", "127.0.0.1:8911"],
                          capture_output=True)
    return done.returncode == 0


def test_server_that_vanished_is_found_out(machines, adit, tunnel):
    """Power off, no FIN and no RST: TCP_USER_TIMEOUT or keep-alive tell."""
    a, b = machines
    client = tunnel("10.77.0.2", "-B", "0.5", "-w", "2")
    assert ping(a, adit, "-c", "20", "-r", "100")["received"] == 20
    since = client.mark()
    b.ip("address", "del", "10.77.0.2/24", "dev", "cable")
    # It is asked for all the time, as by a VPN inside.
    ping(a, adit, "-t", "6", "-r", "20", "-w", "0.1", status=1)
    client.wait("was lost|cannot connect", since=since, timeout=30)
    b.ip("address", "add", "10.77.0.2/24", "dev", "cable")
    until("traffic is back", lambda: ping_once(a, adit), 15)


def test_large_datagrams_pass_a_cable_with_a_small_mtu(machines, adit,
                                                       tunnel):
    for m in machines:
        m.ip("link", "set", "cable", "mtu", "576")
    tunnel("10.77.0.2")
    sums = ping(machines[0], adit, "-c", "20", "-r", "50", "-s", "65507")
    assert sums["received"] == 20


def test_udp_to_udp_tells_of_a_closed_port(machines, adit, start):
    a, b = machines
    p = start(*a.prefix, adit, "tunnel", "udp-listen:127.0.0.1:8911",
              "udp:10.77.0.2:9")
    p.wait(READY)
    ping(a, adit, "-c", "3", "-r", "100", "-w", "0.2", status=1)
    p.wait("refused")
