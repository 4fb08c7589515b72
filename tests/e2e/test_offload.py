# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Super-packets of a TUN device: what comes of them is what the kernel makes of
them, in both directions."""

import contextlib
import fcntl
import os
import select
import socket
import struct
import sys

import pytest

import harness
from harness import READY, until
from lacks import Lacking
from lan import on
from tunnels import NODE, VNET, Vpn, need_super_packets, need_tun

TUNSETIFF, TUNSETOFFLOAD, TUNSETPERSIST = 0x400454ca, 0x400454d0, 0x400454cb
TUN, NO_PI = 1, 0x1000
TCP4, TCP6, UDP = 1, 4, 5
ECN = 0x80
UDP_SEGMENT = 103


# --- Packets -----------------------------------------------------------------

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def ip4(proto, transport, src, dst, ident=7, word=0x4000, tos=0, ttl=64,
        options=b""):
    header = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, tos,
                         20 + len(options) + len(transport), ident & 0xffff,
                         word, ttl, proto, 0, socket.inet_aton(src),
                         socket.inet_aton(dst)) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + \
        transport


def ip6(proto, transport, src, dst, label=0x12345, hops=64):
    return struct.pack("!IHBB", 6 << 28 | label, len(transport), proto,
                       hops) + socket.inet_pton(socket.AF_INET6, src) + \
        socket.inet_pton(socket.AF_INET6, dst) + transport


def pseudo(proto, n, src, dst):
    family = socket.AF_INET6 if ":" in src else socket.AF_INET
    return socket.inet_pton(family, src) + socket.inet_pton(family, dst) + \
        struct.pack("!II", n, proto)


def tcp(payload, sequence=1000, flags=0x10, options=b"", sport=1234):
    return struct.pack("!HHIIBBHHH", sport, 80, sequence & 0xffffffff, 77,
                       (20 + len(options)) // 4 << 4, flags, 500, 0,
                       0) + options + payload


def udp(payload, sport=1234):
    return struct.pack("!HHHH", sport, 80, 8 + len(payload), 0) + payload


def packet(proto, transport, src, dst, partial=False, **more):
    """With its checksum, or with the sum of the pseudo-header in its place."""
    at = 16 if proto == 6 else 6
    value = checksum(pseudo(proto, len(transport), src, dst) +
                     (b"" if partial else transport))
    if partial:
        value ^= 0xffff
    elif proto == 17 and value == 0:
        value = 0xffff
    transport = transport[:at] + struct.pack("!H", value) + transport[at + 2:]
    return (ip6 if ":" in src else ip4)(proto, transport, src, dst, **more)


def header(kind, size, headers, begin, at):
    return struct.pack("=BBHHHH", 1, kind, headers, size, begin, at)


def payload(n, salt=0):
    return bytes((i * 7 + i // 251 + salt) % 256 for i in range(n))


# --- Devices -----------------------------------------------------------------

class Device:
    """A TUN device that the test reads and writes."""

    def __init__(self, machine, name, vnet, offload=0):
        with on(machine):
            self.fd = os.open(NODE, os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack(
                "16sH22x", name.encode(), TUN | NO_PI | (VNET if vnet else
                                                         0)))
        if offload:
            fcntl.ioctl(self.fd, TUNSETOFFLOAD, offload)
        self.name = name

    def write(self, data):
        assert os.write(self.fd, data) == len(data)

    def read(self, timeout=harness.PATIENCE):
        """The next packet, or None."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(timeout * 1000):
            return None
        return os.read(self.fd, 70000)

    def close(self):
        os.close(self.fd)


def ours(data):
    """Is it one of the packets of the test?  Systems send others unasked."""
    if data[0] >> 4 == 4:
        return data[16:18] == bytes([10, 2])
    return data[24:26] == bytes([0xfd, 0x02])


SRC, DST = "10.1.0.2", "10.2.0.2"
SRC6, DST6 = "fd01::2", "fd02::2"


class Router:
    """A machine that forwards between devices of the test, t0 with
    super-packets and t1 without, and the device of adit, which sends what it
    gets to a socket of the test.  10.2.0.0/16 and fd02::/16 lead to one of
    these."""

    def __init__(self, machine, start):
        need_tun()
        self.m = m = machine("router")
        self.devices = [Device(m, "t0", True), Device(m, "t1", False)]
        with on(m):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(harness.PATIENCE)
        # A super-packet comes in at once.
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
        port = self.socket.getsockname()[1]
        self.adit = start(*m.prefix, "adit", "tunnel",
                          "tun:tx,addr=10.3.0.1/24,addr=fd03::1/64,mtu=1500,"
                          "mss=off", f"ip-udp:127.0.0.1:{port},"
                          "local=127.0.0.1:7000,mtu=1600")
        self.adit.wait(READY)
        m.sh("""for i in all default t0 t1 tx; do
            echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter
            echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad
        done
        echo 1 >/proc/sys/net/ipv4/ip_forward
        echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
        ip address add 10.1.0.1/24 dev t0
        ip address add fd01::1/64 dev t0
        ip link set t0 up
        ip link set t1 up""")

    def lead_to(self, device):
        self.m.sh(f"ip route replace 10.2.0.0/16 dev {device}; "
                  f"ip -6 route replace fd02::/16 dev {device}")

    def close(self):
        for d in self.devices:
            d.close()
        self.socket.close()


@pytest.fixture
def router(machine, start):
    with contextlib.closing(Router(machine, start)) as r:
        yield r


# --- Out of the device ---------------------------------------------------------

STAMP = b"\1\1\x08\x0a" + bytes(range(8))

# What a kernel hands over: type, size, packet.
SUPER = {
    "tcp4": (TCP4, 1448, 6, tcp(payload(20000), options=STAMP), {}),
    "tcp4-longest": (TCP4, 1448, 6, tcp(payload(65483), options=STAMP), {}),
    "tcp4-tiny": (TCP4, 100, 6, tcp(payload(3001)), {}),
    "tcp4-psh": (TCP4, 1000, 6, tcp(payload(5000), flags=0x18), {}),
    "tcp4-fin": (TCP4, 1000, 6, tcp(payload(5001), flags=0x19), {}),
    "tcp4-ece": (TCP4, 1000, 6, tcp(payload(5000), flags=0x50), {}),
    "tcp4-cwr": (TCP4 | ECN, 1000, 6, tcp(payload(5000), flags=0x90), {}),
    "tcp4-wraps": (TCP4, 1000, 6, tcp(payload(5000), sequence=-1500),
                   {"ident": 0xfffe, "tos": 2}),
    "tcp4-no-df": (TCP4, 1000, 6, tcp(payload(5000)), {"word": 0}),
    "tcp4-one": (TCP4, 1000, 6, tcp(payload(1000)), {}),
    "tcp6": (TCP6, 1428, 6, tcp(payload(30000), options=STAMP), {}),
    "tcp6-psh": (TCP6, 1428, 6, tcp(payload(3000), flags=0x18), {}),
    "udp4": (UDP, 1200, 17, udp(payload(30000)), {}),
    "udp4-no-df": (UDP, 1200, 17, udp(payload(2401)), {"word": 0}),
    "udp4-one-by-one": (UDP, 1, 17, udp(payload(40)), {}),
    "udp6": (UDP, 1200, 17, udp(payload(30000)), {}),
    "zero-checksum": (UDP, 2, 17, udp(b"".join(
        struct.pack("!H", i) for i in range(2030, 2090))), {}),
}


def written(name):
    kind, size, proto, transport, more = SUPER[name]
    src, dst = (SRC6, DST6) if name.find("6") > 0 else (SRC, DST)
    begin = 40 if ":" in src else 20
    length = (transport[12] >> 4) * 4 if proto == 6 else 8
    return header(kind, size, begin + length, begin,
                  16 if proto == 6 else 6) + \
        packet(proto, transport, src, dst, partial=True, **more), \
        max(1, -(-(len(transport) - length) // size))


def segments(read, n):
    """The next n packets of the test."""
    found = []
    while len(found) < n:
        data = read()
        assert data is not None, f"{len(found)} of {n}"
        if ours(data):
            found.append(data)
    return found


def test_what_is_cut_is_what_the_kernel_cuts(router):
    r, expected = router, {}
    r.lead_to("t1")
    for name in SUPER:
        data, n = written(name)
        r.devices[0].write(data)
        expected[name] = segments(r.devices[1].read, n)
    r.lead_to("tx")
    for name in SUPER:
        data, n = written(name)
        r.devices[0].write(data)
        assert segments(lambda: r.socket.recv(70000), n) == \
            expected[name], name


# --- Into the device -----------------------------------------------------------

def run_of(proto, n, size, last=None, src=SRC, dst=DST, **more):
    """Packets that follow each other."""
    found = []
    sequence, ident = 1000, more.pop("ident", 7)
    flags = more.pop("flags", 0x10)
    for i in range(n):
        body = payload(last if last and i == n - 1 else size, i)
        transport = udp(body) if proto == 17 else tcp(
            body, sequence, flags | (8 if i == n - 1 else 0), STAMP)
        ids = {} if ":" in src else {"ident": ident + i}
        found.append(packet(proto, transport, src, dst, **ids, **more))
        sequence += size
    return found


def wrong(data):
    return data[:-1] + bytes([data[-1] ^ 1])


JOINED = {
    "tcp4": run_of(6, 40, 1400),
    "tcp4-shorter": run_of(6, 20, 1400, 77),
    "tcp4-ids-wrap": run_of(6, 20, 1400, ident=0xfff8),
    "tcp4-no-df": run_of(6, 20, 1400, word=0),
    "tcp4-ect": run_of(6, 20, 1400, tos=2),
    "tcp6": run_of(6, 40, 1400, src=SRC6, dst=DST6),
    "udp4": run_of(17, 40, 1200, 5),
    "udp6": run_of(17, 40, 1200, 5, src=SRC6, dst=DST6),
}


def forwarded(data):
    """What a router makes of it."""
    if data[0] >> 4 == 6:
        return data[:7] + bytes([data[7] - 1]) + data[8:]
    head = data[:8] + bytes([data[8] - 1]) + data[9:10] + b"\0\0" + \
        data[12:20]
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + \
        data[20:]


def send_at_once(r, packets):
    """As one message, so that they wait together."""
    while packets:
        size, n = len(packets[0]), 1
        while n < len(packets) and n < 40 and len(packets[n - 1]) == size \
                and len(packets[n]) <= size:
            n += 1
        r.socket.sendmsg([b"".join(packets[:n])], [
            (socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", size))], 0,
            ("127.0.0.1", 7000))
        packets = packets[n:]


def test_what_is_joined_is_cut_into_the_same_by_the_kernel(router):
    r = router
    r.lead_to("t1")
    for name, packets in JOINED.items():
        send_at_once(r, packets)
        assert segments(r.devices[1].read, len(packets)) == \
            [forwarded(p) for p in packets], name


def test_packets_that_follow_each_other_are_joined(router):
    need_super_packets()
    r = router
    taker = Device(r.m, "t2", True, offload=0x01 | 0x02 | 0x04 | 0x20 | 0x40)
    r.devices.append(taker)
    r.m.ip("link", "set", "t2", "up")
    r.lead_to("t2")
    kinds = {"tcp4": TCP4, "tcp6": TCP6}

    def joins(name, packets):
        send_at_once(r, packets)
        data, got = taker.read(), 0
        while got < len(packets):
            if ours(data[10:]):
                kind, size = data[1], struct.unpack("=H", data[4:6])[0]
                if kind == kinds.get(name, UDP) and \
                        size == (1400 if name in kinds else 1200) and \
                        len(data) > 10000:
                    return True
                got += 1
            data = taker.read(1)
            if data is None:
                return False
        return False
    for name in "tcp4", "tcp6", "udp4", "udp6":
        until(f"several packets are one: {name}",
              lambda: joins(name, JOINED[name]))


def test_wrong_checksums_and_gaps_stay_what_they_are(router):
    r = router
    packets = JOINED["tcp4"][:20]
    packets[5] = wrong(packets[5])
    packets[9], packets[12] = packets[12], packets[9]
    more = JOINED["udp4"][:10]
    more[0] = wrong(more[0])
    r.lead_to("t1")
    for batch in packets, more:
        send_at_once(r, batch)
        assert segments(r.devices[1].read, len(batch)) == \
            [forwarded(p) for p in batch]


# --- Through a tunnel ------------------------------------------------------------

def counter(m, name):
    """One of the kernel's."""
    found = {}
    for path in "/proc/net/snmp", "/proc/net/netstat":
        lines = m.run("cat", path).stdout.splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            kind = names.split(":")[0]
            found.update((f"{kind}{k}", int(v)) for k, v in
                         zip(names.split()[1:], values.split()[1:]))
    return found[name]


SENDER = f"""
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("10.8.0.1", 5000))
body = b"".join(bytes([i]) * 1200 for i in range(40))
# Until the other side has had enough.
try:
    while True:
        s.sendmsg([body], [(socket.IPPROTO_UDP, {UDP_SEGMENT},
                            struct.pack("=H", 1200))])
        time.sleep(0.01)
except ConnectionRefusedError:
    pass
"""

TAKER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
s.bind(("10.8.0.1", 5000))
print("ready", flush=True)
n = 0
while n < 400:
    d = s.recv(70000)
    assert len(d) == 1200 and d == d[:1] * 1200, len(d)
    n += 1
print("all right", flush=True)
"""


@pytest.mark.parametrize("kind, side", [
    ("ip-udp", "both"), ("dtls", "both"), ("tls", "both"), ("tcp", "both"),
    ("uott", "both"), ("ip-udp", "server"), ("tls", "client"),
    ("dtls", "neither")])
def test_checksums_are_right_with_and_without_it(machine, start, ca, kind,
                                                 side):
    v = Vpn(machine, start, ca, kind)
    c = v.client()
    v.serve("" if side in ("both", "server") else ",offload=no")
    v.dial(c, "" if side in ("both", "client") else ",offload=no")
    for to in "10.8.0.1", "fd08::1":
        for way in (), ("-R",):
            sums = v.iperf3(c, "-c", to, *way)
            assert sums["sum_received"]["bytes"] > 1e6
    taker = v.start(*v.server.prefix, sys.executable, "-c", TAKER)
    taker.wait("ready")
    sender = v.start(*c.prefix, sys.executable, "-c", SENDER)
    taker.wait("all right")
    assert taker.exit_status() == sender.exit_status() == 0
    for m in c, v.server:
        for name in "TcpInCsumErrors", "UdpInCsumErrors", "IpInHdrErrors", \
                "IpExtInCsumErrors":
            assert counter(m, name) == 0, name


@pytest.mark.parametrize("missing, says", [
    ("IFF_VNET_HDR", "single packets"),
    ("TUNSETOFFLOAD", "single packets"),
    ("TUNSETVNETHDRSZ", "single packets"),
    ("TUNSETVNETLE", "single packets"),
    ("TUN_F_USO4", "super-packets of TCP$")])
def test_a_kernel_that_lacks_it_is_used_as_it_is(machine, start, ca, adit,
                                                 tmp_path, missing, says):
    need_super_packets()
    lacking = Lacking(start, adit, tmp_path)
    v = Vpn(machine, start, ca, "ip-udp")
    c = v.client()
    v.serve()
    client = start(*c.prefix, lacking.tool, missing, "adit", "tunnel", "-v",
                   "debug", "tun:vpn,addr=10.8.0.11/24,addr=fd08::11/64",
                   v._dial(c))
    client.wait(f"it passes {says}")
    client.wait(READY)
    v.reach(c)
    for way in (), ("-R",):
        sums = v.iperf3(c, "-c", "10.8.0.1", *way)
        assert sums["sum_received"]["bytes"] > 1e6
    for m in c, v.server:
        assert counter(m, "TcpInCsumErrors") == 0


# --- Devices that were there -------------------------------------------------------

def test_the_next_user_of_a_device_gets_single_packets(machine, start):
    need_tun()
    m = machine("host")
    m.ip("tuntap", "add", "dev", "kept", "mode", "tun")
    first = start(*m.prefix, "adit", "tunnel",
                  "tun:kept,addr=10.2.0.1/24,mtu=1400",
                  "ip-udp:127.0.0.1:7001,local=127.0.0.1:7000")
    first.wait(READY)
    assert "kept" in m.run("ip", "-o", "link").stdout
    first.stop()
    second = Device(m, "kept", False)
    m.ip("link", "set", "kept", "up")
    with on(m):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("10.2.0.2", 5000))
    s.sendmsg([payload(10000)], [(socket.IPPROTO_UDP, UDP_SEGMENT,
                                  struct.pack("=H", 1000))])
    for data in segments(second.read, 10):
        assert len(data) == 1028 and checksum(
            pseudo(17, 1008, "10.2.0.1", "10.2.0.2") + data[20:]) == 0
    s.close()
    second.close()
