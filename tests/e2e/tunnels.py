# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A server and clients, each with a TUN device, as machines of their own.

The server is 10.77.N.1 for client N, and 10.8.0.1, fd08::1 inside; client N is
10.77.N.2, and 10.8.0.1N, fd08::1N inside."""

import fcntl
import json
import os
import struct

import pytest

import harness
import machines
from harness import READY, until

KINDS = "tcp", "tls", "uott", "uott-tls", "dtls", "ip-udp"
NODE = "/dev/net/tun"
TUNGETFEATURES, VNET = 0x800454cf, 0x4000


def need_tun():
    harness.need_root()
    if not os.path.exists(NODE):
        pytest.skip(f"no {NODE}")


def need_super_packets():
    """A kernel that tests/no_offload.sh has not made an old one."""
    need_tun()
    with open(NODE, "r+b", buffering=0) as node:
        try:
            known = fcntl.ioctl(node, TUNGETFEATURES, bytes(4))
        except OSError:
            known = bytes(4)
    if not struct.unpack("=I", known)[0] & VNET:
        pytest.skip("no super-packets of TUN devices here")


def open_node(machine, mode="666"):
    """The node of the driver as most systems have it: for every user."""
    machine.sh(f"""mknod /run/tun c 10 200
        chmod {mode} /run/tun
        mount --bind /run/tun {NODE}""")


class Vpn:
    def __init__(self, machine, start, ca, kind):
        need_tun()
        self.start, self.kind, self.ca = start, kind, ca
        self.machine = machine
        self.server = machine("server")
        self.clients = []
        self.processes = []
        self.carrier = None

    def name(self, number):
        """What the carrier says who client N is."""
        return f"client{number}.example.com"

    def client(self):
        """Another client's machine."""
        number = len(self.clients) + 1
        m = self.machine(f"client{number}")
        m.number = number
        self.server.connect(f"c{number}", m, "cable")
        self.server.up(f"c{number}", f"10.77.{number}.1/24")
        m.up("cable", f"10.77.{number}.2/24")
        self.clients.append(m)
        return m

    def _listen(self):
        if self.kind in ("tcp", "uott"):
            return f"{self.kind}-listen::4443"
        if self.kind == "ip-udp":
            return "ip-udp::4443"
        if self.kind in ("tls", "uott-tls"):
            end = "tls-listen::4443" if self.kind == "tls" else \
                "uott-listen::4443,tls"
            pem, key = self.ca.issue("server", names="DNS:vpn.example.com")
            return f"{end},cert={pem},key={key},cafile={self.ca.pem}"
        keys = self.server.folder / "keys"
        keys.write_text("".join(
            f"{self.name(n)}:{n:032x}\n" for n in range(1, 10)))
        keys.chmod(0o600)
        return f"dtls-listen::4443,psk-file={keys}"

    def _dial(self, m):
        to = f"10.77.{m.number}.1:4443"
        name = self.name(m.number)
        if self.kind == "tcp":
            return f"tcp:{to},pool=2"
        if self.kind in ("uott", "ip-udp"):
            return f"{self.kind}:{to}"
        if self.kind in ("tls", "uott-tls"):
            end = f"tls:{to},pool=2" if self.kind == "tls" else \
                f"uott:{to},tls"
            pem, key = self.ca.issue(name, names=f"DNS:{name}",
                                     use="clientAuth")
            return f"{end},name=vpn.example.com,cafile={self.ca.pem}," \
                f"cert={pem},key={key}"
        keys = m.folder / "keys"
        keys.write_text(f"{name}:{m.number:032x}\n")
        keys.chmod(0o600)
        return f"dtls:{to},psk-file={keys}"

    def serve(self, more=""):
        ends = [self._listen(),
                "tun:vpn,addr=10.8.0.1/24,addr=fd08::1/64" + more]
        if self.kind == "ip-udp":
            ends.reverse()      # both sides have their device on the left
        # Those without authentication are for tests only.
        open_to_all = ["--insecure"] if self.kind in ("tcp", "uott") else []
        self.carrier = self.start(*self.server.prefix, "adit", "tunnel",
                                  *open_to_all, *ends)
        self.carrier.wait(READY)

    def dial(self, m, more="", address=True, **options):
        tun = "tun:vpn"
        if address:
            tun += f",addr=10.8.0.1{m.number}/24,addr=fd08::1{m.number}/64"
        m.adit = self.start(*m.prefix, "adit", "tunnel", tun + more,
                            self._dial(m), **options)
        m.adit.wait(READY)
        self.reach(m)
        if address:
            # The kernel makes the local route of an address of IPv6 later than
            # the address, and what comes meanwhile is lost.
            self.reach(m, "fd08::1")

    def reach(self, m, to="10.8.0.1"):
        until("a ping comes back", lambda: self.pings(m, to, 1))

    @staticmethod
    def ping(m, *args, status=0, timeout=30):
        done = harness.subprocess.run(
            [*m.prefix, "ping", "-n", *map(str, args)], text=True,
            capture_output=True, timeout=timeout)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    pings = staticmethod(machines.pings)

    def iperf3(self, m, *args):
        """Runs one from a client to the server; its sums."""
        harness.need("iperf3")
        listener = self.start(*self.server.prefix, "iperf3", "-s", "-1",
                              "--forceflush")
        listener.wait("listening")
        done = m.run("iperf3", "--json", "-t", "1", *args, timeout=30)
        listener.exit_status()
        return json.loads(done.stdout)["end"]
