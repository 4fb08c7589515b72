# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Reload of a VPN: packets through its device go on meanwhile."""

import signal
import socket
import threading

import pytest

from lan import on, udp_on
from reloads import FLOWS, RELOADED, RELOADS, Daemon, Talk, copy_pair
from tunnels import Vpn


class ReloadedVpn(Vpn):
    """Both sides are tunnels of a file each, and read their files again."""

    def __init__(self, machine, start, ca, kind):
        super().__init__(machine, start, ca, kind)
        self.peer = self.client()
        self.ends = []
        left, right = self._listen(), "tun:vpn,addr=10.8.0.1/24"
        if kind == "ip-udp":
            left, right = right, left
        self._add(self.server, left, right)
        self._add(self.peer, "tun:vpn,addr=10.8.0.11/24",
                  self._dial(self.peer))
        self.reach(self.peer)

    def _add(self, m, left, right):
        end = Daemon(self.start, m.folder / "adit.conf", *m.prefix, "adit")
        end.set("vpn", left, right)
        end.udp("other", 7001, 9)
        end.run()
        self.ends.append(end)

    def open_socket(self):
        with on(self.peer):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(60)
        s.connect(("10.8.0.1", 7))
        return s


def echo_on(m):
    """Answers on port 7 of a machine until the test ends."""
    s = udp_on(m, port=7)
    s.settimeout(None)

    def echo():
        while True:
            data, peer = s.recvfrom(65536)
            s.sendto(data, peer)
    threading.Thread(target=echo, daemon=True).start()


def renew(vpn, pairs, n):
    """What the carrier proves itself by is renewed, or grows."""
    if vpn.kind == "tls":
        copy_pair(pairs[n % 2], *pairs[2])
    elif vpn.kind == "dtls":
        with open(vpn.server.folder / "keys", "a", encoding="ascii") as f:
            f.write(f"name{n}:{1000 + n:032x}\n")


@pytest.mark.parametrize("kind", ["tls", "dtls", "ip-udp"])
def test_reloads_of_others_and_of_files_lose_no_packet(machine, start, ca,
                                                       kind):
    vpn = ReloadedVpn(machine, start, ca, kind)
    name = "DNS:vpn.example.com"
    pairs = [ca.issue("first", names=name), ca.issue("second", names=name),
             ca.issue("server", names=name)]
    echo_on(vpn.server)
    talk = Talk(vpn.open_socket)
    talk.start()
    talk.next_round(2)
    for n in range(RELOADS):
        for end in vpn.ends:
            end.udp("other", 7001, 9, f"idle = {60 + n}")
            if n % 2:
                end.udp("guest", 7002, 9)
            else:
                end.sections.pop("guest", None)
        if n % 5 == 0:
            renew(vpn, pairs, n)
        for end in vpn.ends:
            end.reload(RELOADED + ".* 0 with a fault")
        talk.next_round()
    talk.next_round(2)
    talk.finish()
    assert len(talk.sockets) == FLOWS
    for end in vpn.ends:
        end.process.send_signal(signal.SIGUSR1)
        end.process.wait(r" vpn: .*: 1 flows now, 1 in all; ")
        assert not [line for line in end.process.lines
                    if " vpn: flow " in line and "ended" in line]
