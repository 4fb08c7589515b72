# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Paths that die under a tunnel: how long it takes until it is answered again.

Three machines, client, middle and server, and a second server that the name
moves to.  The middle is a NAT.  All carriers run at the same time, each with a
probe of its own, and are measured by the same event, from the event to the
first answer to a datagram that was sent after it.
"""

import select
import signal
import socket
import struct
import threading
import time

import pytest

import harness
import machines
from harness import READY, need
from lan import on
from tunnels import need_tun

NAME = "vpn.example.com"
SERVER, SERVER2 = "10.78.0.5", "10.78.1.5"
KEY = "00112233445566778899aabbccddeeff"
EACH_S = 0.05       # between two datagrams

NAT = """
table ip nat {
    chain postrouting {
        type nat hook postrouting priority 100
        oifname { wan, wan2 } masquerade random
    }
}
table ip filter {
    chain input {
        type filter hook input priority 0
        iifname { wan, wan2 } ip protocol { tcp, udp } drop
    }
    chain forward {
        type filter hook forward priority 0
        jump event
        ct state invalid drop
    }
    chain event { }
}
"""
# What the event chain may hold.
RESET = "iifname lan ct state invalid ip protocol tcp reject with tcp reset"
SILENT = f"ip daddr {SERVER} drop", f"ip saddr {SERVER} drop"
REFUSES = (f"ip daddr {SERVER} ip protocol tcp reject with tcp reset",
           f"ip daddr {SERVER} reject", f"ip saddr {SERVER} drop")


def forget_connections(machine):
    """What `conntrack -F` does (linux/netfilter/nfnetlink_conntrack.h)."""
    with on(machine):
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    with s:
        s.bind((0, 0))
        # IPCTNL_MSG_CT_DELETE of all, acknowledged.
        s.send(struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 1 | 4, 1, 0, 0, 0, 0))
        _, kind, _, _, _, error = struct.unpack_from("=IHHIIi", s.recv(1000))
        assert kind == 2 and error == 0, (kind, error)


class Probe(threading.Thread):
    """Sends a datagram now and then, and notes when which was answered."""

    HEAD = struct.Struct("!Qd")

    def __init__(self, machine, to, each_s, size=116):
        super().__init__(daemon=True)
        with on(machine):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.to, self.each_s = to, each_s
        self.rest = bytes(size - self.HEAD.size)
        self.answers = []       # (when it was sent, when it came)
        self.sent = self.twice = 0
        self.seen = set()
        self.ended = False
        self.start()

    def run(self):
        due = time.monotonic()
        while not self.ended:
            now = time.monotonic()
            if now >= due:
                due += self.each_s
                try:
                    self.socket.sendto(self.HEAD.pack(self.sent, now) +
                                       self.rest, self.to)
                    self.sent += 1
                except OSError:
                    pass
            if select.select([self.socket], [], [],
                             max(0, min(due - now, 0.2)))[0]:
                try:
                    self._answer(self.socket.recv(2000))
                except OSError:
                    pass

    def _answer(self, data):
        number, sent = self.HEAD.unpack_from(data)
        self.twice += number in self.seen
        self.seen.add(number)
        self.answers.append((sent, time.monotonic()))

    def after(self, event):
        """Seconds from the event to the first answer to what was sent after
        it; None: there is none."""
        return next((came - event for sent, came in list(self.answers)
                     if sent > event), None)

    def end(self):
        self.ended = True
        self.join(5)
        self.socket.close()


class Bench:
    def __init__(self, machine, start, adit, folder):
        need("nft", "ip")
        need_tun()
        self.start, self.probes = start, {}
        self.client, self.middle = machine("client"), machine("middle")
        self.server, self.server2 = machine("server"), machine("server2")
        c, m = self.client, self.middle
        c.connect("eth0", m, "lan")
        c.up("eth0", "10.79.0.77/24")
        m.up("lan", "10.79.0.1/24")
        c.ip("route", "add", "default", "via", "10.79.0.1")
        for server, wan, address in ((self.server, "wan", SERVER),
                                     (self.server2, "wan2", SERVER2)):
            gate = address.rsplit(".", 1)[0] + ".1"
            server.connect("eth0", m, wan)
            server.up("eth0", address + "/24")
            m.up(wan, gate + "/24")
            server.ip("route", "add", "default", "via", gate)
        m.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.rules(NAT)
        m.sh("echo 0 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose")
        harness.run(adit, "gencert", "-d", folder, NAME)
        self.folder = folder
        self.moves_to(SERVER)
        self.daemons = self.serve(self.server)
        self.serve(self.server2)
        for carrier in self.ends(self.server):
            self.dial(carrier)

    def rules(self, text):
        path = self.middle.folder / "rules"
        path.write_text(text)
        self.middle.run("nft", "-f", path)

    def moves_to(self, address):
        (self.client.etc / "hosts").write_text(f"{address} {NAME}\n")

    def ends(self, machine):
        """Of each carrier: port, key of the server's, of the client's, and
        the local ends of both."""
        own = f"cert={self.folder}/server.pem,key={self.folder}/server.key"
        trust = f"cafile={self.folder}/ca.pem"
        psk = f"psk={KEY}"
        echo = "udp:127.0.0.1:7"
        return {
            "tls": (8441, "tls", own, trust, echo, "udp-listen:127.0.0.1:1"),
            "tcp": (8442, "tcp", None, None, echo, "udp-listen:127.0.0.1:2"),
            "uott": (8443, "uott", "tls," + own, "tls," + trust, echo,
                     "udp-listen:127.0.0.1:3"),
            "tun/tls": (8444, "tls", own, trust, "tun:adit0,addr=10.88.0.1/24",
                        "tun:adit0,addr=10.88.0.2/24"),
            "dtls": (4433, "dtls", psk, psk, echo, "udp-listen:127.0.0.1:5"),
        }

    def serve(self, machine):
        self.start(*machine.prefix, "adit", "echo", "127.0.0.1:7").wait(
            "listening")
        daemons = []
        for port, kind, own, _, right, _ in self.ends(machine).values():
            left = f"{kind}-listen:0.0.0.0:{port}"
            # The device is open to all: this is about paths.
            daemons.append(self.start(*machine.prefix, "adit", "tunnel",
                           "--insecure",
                           ",".join(filter(None, (left, own))), right))
        for daemon in daemons:
            daemon.wait(READY)
        self.start(*machine.prefix, "adit", "echo", "10.88.0.1:7").wait(
            "listening")
        return daemons

    def dial(self, carrier):
        port, kind, _, trust, _, left = self.ends(self.client)[carrier]
        right = f"{kind}:{NAME}:{port}"
        self.start(*self.client.prefix, "adit", "tunnel", "-v", "debug", left,
                   ",".join(filter(None, (right, trust)))).wait(READY)

    def probe(self, carrier, each_s=EACH_S, size=116):
        """Starts a probe."""
        left = self.ends(self.client)[carrier][-1]
        to = ("10.88.0.1", 7) if carrier == "tun/tls" else \
            ("127.0.0.1", int(left.rsplit(":", 1)[1]))
        self.probes[carrier] = Probe(self.client, to, each_s, size)

    def talk(self, each_s=EACH_S):
        """Starts the probes; each is answered, and the pools are whole."""
        for carrier in self.ends(self.client):
            self.probe(carrier, each_s)
        for carrier, probe in self.probes.items():
            harness.until(f"{carrier} answers", lambda: probe.answers)

    def event(self, *rules, forget=False):
        """The middle changes."""
        self.rules("flush chain ip filter event\n" + "".join(
            f"add rule ip filter event {rule}\n" for rule in rules))
        if forget:
            forget_connections(self.middle)

    def measure(self, figures, event, bar):
        """Waits for all answers after the event, and compares."""
        bar = machines.bar(bar, 1.5 * bar)
        took = {}
        while time.monotonic() < event + bar + 5:
            took = {carrier: probe.after(event)
                    for carrier, probe in self.probes.items()}
            if all(t is not None for t in took.values()):
                break
            time.sleep(0.05)
        figures("; ".join(f"{carrier} " + ("silent" if t is None else
                                           f"{t:.1f} s")
                          for carrier, t in took.items()) +
                f"; bar {bar} s")
        for carrier, t in took.items():
            assert t is not None and t <= bar, (carrier, t)
            assert self.probes[carrier].twice == 0, carrier


@pytest.fixture
def bench(machine, start, adit, tmp_path):
    b = Bench(machine, start, adit, tmp_path)
    yield b
    for probe in b.probes.values():
        probe.end()


NEW_ADDRESS = """
ip address del 10.79.0.77/24 dev eth0
ip address add 10.79.0.78/24 dev eth0
ip route add default via 10.79.0.1
"""


def new_address(bench):
    bench.client.sh(NEW_ADDRESS)


def forgets(bench):
    bench.event(forget=True)


def resets_client(bench):
    bench.event(RESET, forget=True)


def moves(bench):
    bench.moves_to(SERVER2)
    bench.event(*SILENT)


def moves_and_refuses(bench):
    bench.moves_to(SERVER2)
    bench.event(*REFUSES)


@pytest.mark.parametrize("what, bar", [
    (new_address, 2), (forgets, 5), (resets_client, 2), (moves, 6),
    (moves_and_refuses, 3)])
def test_a_path_that_dies_is_left(bench, figures, what, bar):
    bench.talk()
    time.sleep(6)       # so that connections count as good
    what(bench)
    bench.measure(figures, time.monotonic(), bar)


def test_a_server_that_was_stopped_goes_on(bench, figures):
    bench.talk()
    time.sleep(6)
    for daemon in bench.daemons:
        daemon.send_signal(signal.SIGSTOP)
    time.sleep(30)
    event = time.monotonic()
    for daemon in bench.daemons:
        daemon.send_signal(signal.SIGCONT)
    bench.measure(figures, event, 2)


@pytest.mark.parametrize("what, bar", [(new_address, 6), (forgets, 11)])
def test_with_little_traffic(bench, figures, what, bar):
    """A datagram each 5 s; the event is 3 s after one."""
    bench.talk(5)
    time.sleep(8)
    what(bench)
    bench.measure(figures, time.monotonic(), bar)
