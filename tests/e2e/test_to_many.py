# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Requests by broadcast and multicast: the answer comes from an address of the
host, on the network on which it was asked."""

import select
import socket
import struct
import threading

import pytest

import harness
from lan import Lan, on, udp_on

PSK = "psk=00112233445566778899aabbccddeeff"
BROADCASTS = ["10.77.0.255", "255.255.255.255"]
GROUPS = ["239.1.2.3", "ff05::1:2:3", "ff02::1:2:3"]
PORT = 5000


class Network(Lan):
    """A host `a` that asks many, and a host `b` that is among them, and has
    other networks beside."""

    def __init__(self, machine, start, adit):
        super().__init__(machine, start, adit)
        self.a, self.b = self.host(), self.host()
        self.b.ip("link", "add", "other", "type", "veth", "peer", "name",
                  "nowhere")
        self.b.up("nowhere")
        self.b.up("other", "10.99.0.2/24", "fd99::2/64")
        self.b.ip("address", "add", "10.78.0.2/24", "dev", "eth0")
        self.to_many = BROADCASTS + [to for to in GROUPS
                                     if ":" not in to or harness.has_ipv6()]
        self.members = [self._join(to) for to in self.to_many
                        if to in GROUPS]
        if harness.has_ipv6():
            for m in self.a, self.b:
                harness.until("it has an address of the link",
                              lambda: self._link_local(m))

    @staticmethod
    def _link_local(m):
        shown = m.ip("-6", "address", "show", "dev", "eth0", "scope", "link",
                     "-tentative").stdout
        return shown and shown.split("inet6 ")[1].split("/")[0]

    def _join(self, to):
        """A socket by which `b` is a member of a group."""
        with on(self.b):
            index = socket.if_nametoindex("eth0")
            s = socket.socket(socket.AF_INET6 if ":" in to else
                              socket.AF_INET, socket.SOCK_DGRAM)
        if ":" in to:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                         socket.inet_pton(socket.AF_INET6, to) +
                         struct.pack("@I", index))
        else:
            s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         socket.inet_aton(to) +
                         struct.pack("=4si", bytes(4), index))
        return s

    def right(self, to):
        """The address of `b` that is to answer."""
        if to.startswith("ff02"):
            return self._link_local(self.b)
        return "fd77::2" if ":" in to else self.b.address

    def asker(self, to):
        """A socket of `a`, and where it sends to."""
        s = udp_on(self.a, "::" if ":" in to else "0.0.0.0")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0\0")
        if ":" in to:
            with on(self.a):
                return s, (to, PORT, 0, socket.if_nametoindex("eth0"))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        return s, (to, PORT)

    def close(self):
        for s in self.members:
            s.close()


@pytest.fixture
def network(machine, start, adit):
    network = Network(machine, start, adit)
    yield network
    network.close()


def bare(peer):
    return peer[0].split("%")[0]


def all_are_answered(network):
    for to in network.to_many:
        s, where = network.asker(to)
        with s:
            s.sendto(to.encode(), where)
            data, peer = s.recvfrom(100)
        assert data == to.encode()
        assert (bare(peer), peer[1]) == (network.right(to), PORT), to


def test_echo_and_udp_listen_answer_from_their_own_address(network, adit,
                                                           start):
    b = network.b
    echo = network.run(b, adit, "echo", f":{PORT}", ready="listening")
    all_are_answered(network)
    echo.stop()
    start(*b.prefix, adit, "echo").wait("listening")
    network.run(b, adit, "tunnel", f"udp-listen::{PORT}",
                "udp:127.0.0.1:7007")
    all_are_answered(network)


class Relay(threading.Thread):
    """Passes what a client sends on to many; once it was told to, only to the
    one that answers."""

    def __init__(self, network, to):
        super().__init__(daemon=True)
        self.inside = udp_on(network.a, "127.0.0.1")
        self.outside, self.to = network.asker(to)
        self.port = self.inside.getsockname()[1]
        self.to_one = False
        self.sources = set()
        self.start()

    def run(self):
        client = None
        while True:
            for s in select.select([self.inside, self.outside], [], [])[0]:
                data, peer = s.recvfrom(65536)
                if s is self.inside:
                    client = peer
                    self.outside.sendto(data, self.to)
                elif client is not None:
                    self.sources.add(bare(peer))
                    if self.to_one:
                        self.to = peer
                    self.inside.sendto(data, client)


@pytest.mark.usefixtures("dtls")
@pytest.mark.parametrize("key", ["", ",no-cid"], ids=["cid", "no-cid"])
def test_dtls_listen_answers_from_its_own_address(network, adit, start, key):
    a, b = network.a, network.b
    start(*b.prefix, adit, "echo").wait("listening")
    server = network.run(b, adit, "tunnel", f"dtls-listen::{PORT},{PSK}{key}",
                         "udp:127.0.0.1:7007")
    for n, to in enumerate(network.to_many, 1):
        relay = Relay(network, to)
        client = network.run(a, adit, "tunnel", f"udp-listen:127.0.0.1:{PORT}",
                             f"dtls:127.0.0.1:{relay.port},{PSK}{key}")
        with udp_on(a, "127.0.0.1") as s:
            s.connect(("127.0.0.1", PORT))
            for i in range(8):
                # As a client that goes on with the one that has answered.
                relay.to_one = i > 3
                s.send(b"%d" % i)
                assert s.recv(100) == b"%d" % i, (to, i)
        assert relay.sources == {network.right(to)}
        client.stop()
        assert f"flow {n + 1}" not in server.text()
