# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Paths that swallow long packets and say nothing, under carriers over UDP.

Three machines, client, middle and server.  The middle forwards, and drops what
its rules name.  Through the TUN devices goes TCP of the system.
"""

import socket
import threading
import time

import pytest

from harness import READY, need, until
from lan import on, udp_on
from test_paths import KEY
from tunnels import need_tun

SERVER = "10.78.0.5"
INNER = "10.88.0.1", 9000
PIECE = 4000        # bytes of TCP each way in a turn
LONG = "ip length > 1000"
LONG_WHOLE = LONG + " ip frag-off & 0x4000 != 0"    # DF is set

RULES = """
flush ruleset
table ip filter {
    chain forward {
        type filter hook forward priority 0
        %s
    }
}
"""


def receive(s, n):
    while n > 0:
        got = s.recv(n)
        if not got:
            raise OSError("the end")
        n -= len(got)


class Talk(threading.Thread):
    """TCP from the client to the server: each turn is a piece there and one
    back, after 20 ms."""

    def __init__(self, bench):
        super().__init__(daemon=True)
        with on(bench.server):
            self.listener = socket.create_server(INNER)
        with on(bench.client):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.turns = []         # (when it began, when it was over)
        self.echo = threading.Thread(target=self._serve, daemon=True)
        self.echo.start()
        self.start()

    def _serve(self):
        s, _ = self.listener.accept()
        with s:
            try:
                while True:
                    receive(s, PIECE)
                    s.sendall(bytes(PIECE))
            except OSError:
                pass

    def run(self):
        try:
            self.socket.connect(INNER)
            while True:
                began = time.monotonic()
                self.socket.sendall(bytes(PIECE))
                receive(self.socket, PIECE)
                self.turns.append((began, time.monotonic()))
                time.sleep(0.02)
        except OSError:
            pass

    def after(self, event):
        """Seconds from the event to the end of a turn that began after it;
        None: there is none."""
        return next((end - event for began, end in list(self.turns)
                     if began > event), None)

    def end(self):
        for s in self.socket, self.listener:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()


class Bench:
    def __init__(self, machine, start):
        need("nft", "ip")
        need_tun()
        self.start = start
        self.client, self.middle = machine("client"), machine("middle")
        self.server = machine("server")
        self.client.connect("eth0", self.middle, "lan")
        self.server.connect("eth0", self.middle, "wan")
        for host, own, device, gate in (
                (self.client, "10.79.0.77/24", "lan", "10.79.0.1"),
                (self.server, SERVER + "/24", "wan", "10.78.0.1")):
            host.up("eth0", own)
            self.middle.up(device, gate + "/24")
            host.ip("route", "add", "default", "via", gate)
        self.middle.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")

    def swallow(self, what):
        """Such packets do not pass from now on."""
        path = self.middle.folder / "rules"
        path.write_text(RULES % (what + " drop" if what else ""))
        self.middle.run("nft", "-f", path)

    def adit(self, machine, left, right):
        a = self.start(*machine.prefix, "adit", "tunnel", left, right)
        a.wait(READY)
        return a

    def tun(self):
        # The middle would take segments that are joined for one packet.
        psk = f"psk={KEY},no-offload"
        self.adit(self.server, f"dtls-listen:0.0.0.0:4433,{psk}",
                  f"tun:adit0,addr={INNER[0]}/24")
        return self.adit(self.client, "tun:adit0,addr=10.88.0.2/24",
                         f"dtls:{SERVER}:4433,{psk}")

    def mtu(self, machine):
        words = machine.ip("-o", "link", "show", "adit0").stdout.split()
        return int(words[words.index("mtu") + 1])


@pytest.fixture
def bench(machine, start):
    return Bench(machine, start)


def test_a_black_hole_that_is_there(bench, figures):
    bench.swallow(LONG)
    event = time.monotonic()
    client = bench.tun()
    talk = Talk(bench)
    until("TCP passes", lambda: talk.after(event), 20)
    figures(f"tun/dtls {talk.after(event):.1f} s after the start; bar 10 s")
    assert talk.after(event) <= 10
    client.wait("datagrams over 9.. bytes do not get through; set the MTU")
    assert 880 < bench.mtu(bench.client) <= 1000
    assert bench.mtu(bench.server) > 1400
    talk.end()


def test_a_black_hole_that_comes(bench, figures):
    bench.swallow("")
    bench.tun()
    talk = Talk(bench)
    until("TCP passes", lambda: len(talk.turns) > 50, 20)
    bench.swallow(LONG)
    event = time.monotonic()
    until("TCP passes again", lambda: talk.after(event + 0.1), 20)
    figures(f"tun/dtls {talk.after(event + 0.1):.1f} s; bar 10 s")
    assert talk.after(event + 0.1) <= 10
    talk.end()


@pytest.mark.parametrize("kind", ["udp", "dtls"])
def test_what_may_be_fragmented_passes(bench, kind):
    """A middle that would fragment, where its reports are lost."""
    bench.swallow(LONG_WHOLE)
    bench.start(*bench.server.prefix, "adit", "echo", "127.0.0.1:7").wait(
        "listening")
    keys = f",psk={KEY}" if kind == "dtls" else ""
    for df, port in ("no", 4001), ("yes", 4002):
        bench.adit(bench.server, f"{kind}-listen:0.0.0.0:{port},df={df}{keys}",
                   "udp:127.0.0.1:7")
        bench.adit(bench.client, f"udp-listen:127.0.0.1:{port}",
                   f"{kind}:{SERVER}:{port},df={df}{keys}")
    answered = {}
    for port in 4001, 4002:
        with udp_on(bench.client) as s:
            s.settimeout(5)
            for n in 100, 1200:
                s.sendto(bytes(n), ("127.0.0.1", port))
                try:
                    answered[port, n] = len(s.recv(2000)) == n
                except TimeoutError:
                    answered[port, n] = False
    assert answered == {(4001, 100): True, (4001, 1200): True,
                        (4002, 100): True, (4002, 1200): False}
