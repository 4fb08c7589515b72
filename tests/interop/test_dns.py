# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A real DNS server is asked through the tunnel."""

import selectors
import shutil
import socket
import struct

import pytest

import harness
from harness import TUNNELS, free_port, need, run

NAMES = 500
QUERIES = 10000
FLOWS = 10          # source ports
WINDOW = 10         # queries of each that wait for an answer


def address(i):
    return f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}"


@pytest.fixture
def dns(start, tmp_path):
    """dnsmasq with records of its own; its port."""
    need("dnsmasq")
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"{address(i)} host{i}.test\n"
                             for i in range(NAMES)))
    port = free_port()
    p = start(shutil.which("dnsmasq"), "--keep-in-foreground",
              "--log-facility=-", "--conf-file=/dev/null", "--no-resolv",
              "--no-hosts", f"--addn-hosts={hosts}", "--local=/test/",
              f"--txt-record=long.test,{','.join(['x' * 250] * 12)}",
              "--edns-packet-max=4096", "--pid-file=", "--user=root",
              "--listen-address=127.0.0.1", "--bind-interfaces",
              f"--port={port}")
    p.wait(rf"read .*hosts.* - {NAMES}|{NAMES} (names|addresses)")
    return port


def query(number, name):
    labels = b"".join(bytes([len(part)]) + part.encode()
                      for part in name.split("."))
    return struct.pack("!6H", number, 0x100, 1, 0, 0, 0) + labels + \
        b"\0\0\1\0\1"


def check(number, i, answer):
    """It answers that query, with that one address."""
    got, flags, _, answers, _, _ = struct.unpack_from("!6H", answer)
    assert (got, flags & 0x800f, answers) == (number, 0x8000, 1)
    assert socket.inet_ntoa(answer[-4:]) == address(i)


class Asker(socket.socket):
    """A source port with its queries."""

    def __init__(self, port, numbers):
        super().__init__(socket.AF_INET, socket.SOCK_DGRAM)
        self.setblocking(False)
        self.connect(("127.0.0.1", port))
        self.numbers = iter(numbers)
        self.open = {}
        self.answered = 0

    def fill(self):
        while len(self.open) < WINDOW:
            number = next(self.numbers, None)
            if number is None:
                return
            i = number % NAMES
            self.open[number] = i
            self.send(query(number, f"host{i}.test"))

    def take(self):
        answer = self.recv(4096)
        number, = struct.unpack_from("!H", answer)
        check(number, self.open.pop(number), answer)
        self.answered += 1


@pytest.mark.parametrize("kind", TUNNELS)
def test_10000_queries_are_answered_without_a_loss(kind, dns, tunnel):
    """None is sent twice: each has its answer."""
    port = tunnel(kind, dns)
    selector = selectors.DefaultSelector()
    askers = [Asker(port, range(k, QUERIES, FLOWS)) for k in range(FLOWS)]
    try:
        for asker in askers:
            selector.register(asker, selectors.EVENT_READ)
            asker.fill()
        while sum(a.answered for a in askers) < QUERIES:
            ready = selector.select(harness.PATIENCE)
            lost = sum(len(a.open) for a in askers)
            assert ready, f"{lost} queries have no answer"
            for key, _ in ready:
                key.fileobj.take()
                key.fileobj.fill()
        assert not any(a.open for a in askers)
    finally:
        for asker in askers:
            asker.close()


def dig(port, *args):
    return run("dig", "@127.0.0.1", "-p", port, "+tries=1", "+time=10",
               "+notcp", "+ignore", *args).stdout


@pytest.mark.parametrize("kind", TUNNELS)
def test_dig_is_answered(kind, dns, tunnel, tmp_path):
    need("dig")
    port = tunnel(kind, dns)
    for i in 0, 1, NAMES - 1:
        assert dig(port, "+short", f"host{i}.test") == address(i) + "\n"
    assert "NXDOMAIN" in dig(port, "nobody.test")
    # An answer of 3 KB: no size is special.
    text = dig(port, "+bufsize=4096", "long.test", "TXT")
    assert text.count('"' + "x" * 250 + '"') == 12
    assert ";; MSG SIZE  rcvd: 3" in text
    batch = tmp_path / "batch"
    batch.write_text("".join(f"host{i}.test A\n" for i in range(100)))
    shown = dig(port, "+short", "-f", batch)
    assert shown.split() == [address(i) for i in range(100)]
