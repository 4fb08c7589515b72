# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""TUN devices over each carrier, on machines of their own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

import harness
from harness import READY, until
from machines import LONG, bar
from tunnels import KINDS, NODE, Vpn, need_tun, open_node

kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def vpn(machine, start, ca):
    def vpn(kind):
        return Vpn(machine, start, ca, kind)
    return vpn


@kinds
def test_pings_and_iperf3_pass_both_ways(vpn, kind, figures):
    v = vpn(kind)
    c = v.client()
    v.serve()
    v.dial(c)
    for to in "10.8.0.1", "fd08::1":
        c.answered(5, "-i", 0.02, to)
    for to in "10.8.0.11", "fd08::11":
        v.server.answered(5, "-i", 0.02, to)
    for to in "10.8.0.1", "fd08::1":
        for way in (), ("-R",):
            sums = v.iperf3(c, "-c", to, *way)
            mbit = sums["sum_received"]["bits_per_second"] / 1e6
            figures(f"TCP {to} {''.join(way)} {mbit:.0f} Mbit/s")
            assert mbit > 10
            sums = v.iperf3(c, "-c", to, "-u", "-b", bar("20M", "5M"), "-l",
                            "1200", *way)
            # A device's queue has 500 packets, which are 0.2 s of 20 Mbit/s
            # and 1 s of 5.
            assert sums["sum"]["lost_percent"] < 5, sums["sum"]
    # What it says at the end fits.
    v.carrier.send_signal(signal.SIGUSR1)
    v.carrier.wait("1 flows now")


@pytest.mark.parametrize("kind", ["tls", "uott-tls", "dtls"])
def test_three_clients_and_none_takes_anothers_address(vpn, kind, tmp_path):
    v = vpn(kind)
    inner = tmp_path / "inner"
    inner.write_text("# who may use what\n" + "".join(
        f"{v.name(n)} 10.8.0.1{n} fd08::1{n}\n" for n in (1, 2, 3)))
    a, b, c = v.client(), v.client(), v.client()
    v.serve(f",inner-file={inner}")
    v.server.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
    for m in a, b, c:
        v.dial(m)
    for m in a, b, c:
        assert v.pings(m, "fd08::1")
    for n in 1, 2, 3:
        assert v.pings(v.server, f"10.8.0.1{n}")
        assert v.pings(v.server, f"fd08::1{n}")
    assert v.pings(a, "10.8.0.13") and v.pings(c, "10.8.0.12")
    # The third claims the first one's, and one that is nobody's.
    since = v.carrier.mark()
    c.ip("address", "add", "10.8.0.11/32", "dev", "vpn")
    c.ip("address", "add", "10.8.0.99/32", "dev", "vpn")
    c.ip("address", "add", "fd08::11/128", "dev", "vpn")
    for stolen, to in ("10.8.0.11", "10.8.0.1"), ("10.8.0.99", "10.8.0.1"), \
            ("fd08::11", "fd08::1"):
        v.ping(c, "-c", 2, "-i", 0.1, "-W", 0.5, "-I", stolen, to, status=1)
        v.carrier.wait(f"{re.escape(v.name(3))} may not use the inner "
                       f"address {stolen} ", since=since)
    v.carrier.send_signal(signal.SIGUSR1)
    counted = v.carrier.wait(r"(\d+) inner address not allowed", since=since)
    assert int(counted[1]) >= 6
    # Whose they are has them as before.
    assert v.pings(v.server, "10.8.0.11") and v.pings(a, "10.8.0.1")
    assert v.pings(c, "10.8.0.1")


def test_address_of_another_client_is_refused_while_that_speaks(vpn):
    v = vpn("tcp")
    a, b = v.client(), v.client()
    v.serve()
    v.dial(a)
    v.dial(b)
    b.ip("address", "add", "10.8.0.11/32", "dev", "vpn")
    since = v.carrier.mark()
    speaker = v.start(*a.prefix, "ping", "-n", "-i", "0.2", "10.8.0.1")
    speaker.wait("bytes from", count=2)
    v.ping(b, "-c", 2, "-i", 0.2, "-W", 0.5, "-I", "10.8.0.11", "10.8.0.1",
           status=1)
    v.carrier.wait("inner address 10.8.0.11 is that of flow 1", since=since)
    speaker.stop()
    assert v.pings(v.server, "10.8.0.11")


IDLE_S = 60 if LONG else 17

LATE = f"""
import socket, sys, time
if sys.argv[1] == "listen":
    s = socket.create_server(("10.8.0.1", 5000))
    print("ready", flush=True)
    s, _ = s.accept()
    print(s.recv(100), flush=True)
    time.sleep({IDLE_S})
    s.sendall(b"answer")
else:
    s = socket.create_connection(("10.8.0.1", 5000))
    s.sendall(b"request")
    print(s.recv(100), flush=True)
"""


@pytest.mark.parametrize("kind", ["tls", "uott", "dtls"])
def test_an_idle_vpn_stays_up(vpn, kind):
    v = vpn(kind)
    c = v.client()
    v.serve()
    v.dial(c)
    listener = v.start(*v.server.prefix, sys.executable, "-c", LATE, "listen")
    listener.wait("ready")
    asked = v.start(*c.prefix, sys.executable, "-c", LATE, "connect")
    listener.wait("request")
    asked.wait("answer", timeout=IDLE_S + harness.PATIENCE)
    assert asked.exit_status() == listener.exit_status() == 0
    # One packet that nobody replies to, and the server speaks next.
    v.ping(c, "-c", 1, "-W", 1, "10.8.0.77", status=1)
    time.sleep(IDLE_S)
    v.ping(v.server, "-c", 3, "-i", 0.2, "10.8.0.11")
    for end in c.adit, v.carrier:
        assert "flow 2" not in end.text()
        assert "lost" not in end.text()


def test_unknown_destination_is_answered(vpn):
    v = vpn("tcp")
    c = v.client()
    v.serve()
    v.dial(c)
    said = v.ping(v.server, "-c", 1, "-W", 2, "10.8.0.77", status=1)
    assert "Destination Host Unreachable" in said
    said = v.ping(v.server, "-c", 1, "-W", 2, "fd08::77", status=1)
    assert "Address unreachable" in said
    # A client hears of it through the tunnel.
    v.server.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
    said = v.ping(c, "-c", 1, "-W", 2, "10.8.0.77", status=1)
    assert "Destination Host Unreachable" in said


def mtu_of(m):
    return int(re.search(r" mtu (\d+) ", m.ip("link", "show", "vpn").stdout)[
        1])


def test_mtu_of_the_device_fits_the_carrier(vpn):
    v = vpn("dtls")
    c = v.client()
    v.serve()
    v.dial(c)
    mtu = mtu_of(c)
    assert 1380 <= mtu < 1472
    c.adit.wait(f"MTU {mtu}, which fits")
    assert 1380 <= mtu_of(v.server) < 1472
    assert v.pings(c, "10.8.0.1")
    # The largest packet is one packet outside, too.
    c.sh("echo 1 >/proc/sys/net/ipv4/ip_no_pmtu_disc")
    v.ping(c, "-c", 1, "-M", "do", "-s", mtu - 28, "10.8.0.1")
    assert "FragCreates" in fragments(c) and made(c) == 0
    said = v.ping(c, "-c", 1, "-M", "do", "-s", mtu - 27, "10.8.0.1",
                  status=1)
    assert "essage too long" in said


def fragments(m):
    return m.run("cat", "/proc/net/snmp").stdout


def made(m):
    names, values = [line.split() for line in fragments(m).splitlines()
                     if line.startswith("Ip:")]
    return int(values[names.index("FragCreates")])


MSS = """
import socket, sys
s = socket.socket()
if sys.argv[1] == "listen":
    s.bind(("10.8.0.1", 5000))
    s.listen()
    print("ready", flush=True)
    s, _ = s.accept()
else:
    s.connect(("10.8.0.1", 5000))
s.sendall(b"x" * 100000)
n = 0
while n < 100000:
    n += len(s.recv(65536))
print("mss", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), flush=True)
"""


def test_device_of_the_user_with_another_mtu(vpn):
    """Its MTU stays; ICMP and the MSS do what it does otherwise."""
    v = vpn("dtls")
    c = v.client()
    for m, address in (c, "10.8.0.11"), (v.server, "10.8.0.1"):
        m.ip("tuntap", "add", "vpn", "mode", "tun")
        m.ip("address", "add", f"{address}/24", "dev", "vpn")
        m.ip("address", "add", f"fd08::{address[7:]}/64", "dev", "vpn")
        m.ip("link", "set", "vpn", "up")
    v.carrier = v.start(*v.server.prefix, "adit", "tunnel", v._listen(),
                        "tun:vpn")
    v.carrier.wait(READY)
    v.dial(c, address=False)
    assert mtu_of(c) == mtu_of(v.server) == 1500
    said = v.ping(c, "-c", 2, "-i", 0.2, "-M", "do", "-s", 1450, "10.8.0.1",
                  status=1)
    found = re.search(r"Frag needed and DF set \(mtu = (\d+)\)", said)
    assert found and 1380 <= int(found[1]) < 1472, said
    said = v.ping(c, "-c", 2, "-i", 0.2, "-M", "do", "-s", 1450, "fd08::1",
                  status=1)
    assert re.search(r"Packet too big: mtu=1[34]\d\d", said), said
    # What may be cut arrives.
    v.ping(c, "-c", 1, "-M", "dont", "-s", 4000, "10.8.0.1")
    # TCP does not even try larger ones.
    listener = v.start(*v.server.prefix, sys.executable, "-c", MSS, "listen")
    listener.wait("ready")
    said = c.run(sys.executable, "-c", MSS, "connect").stdout
    assert int(said.split()[1]) <= int(found[1]) - 40
    assert int(listener.wait(r"mss (\d+)")[1]) <= int(found[1]) - 40
    assert listener.exit_status() == 0
    # The devices were the user's, and stay.
    assert c.adit.stop() == 0
    assert "vpn" in c.ip("link", "show", "vpn").stdout


def test_device_of_ours_goes_with_us(vpn):
    v = vpn("tcp")
    c = v.client()
    v.serve()
    v.dial(c)
    assert c.adit.stop() == 0
    c.run("ip", "link", "show", "vpn", status=1)


def test_what_the_queue_of_the_device_dropped_is_told(vpn):
    """Packets come while nobody reads them."""
    v = vpn("tcp")
    c = v.client()
    v.serve()
    v.dial(c)
    c.ip("link", "set", "vpn", "txqueuelen", "20")
    c.adit.send_signal(signal.SIGSTOP)
    c.run("ping", "-q", "-i", 0.01, "-w", 2, "10.8.0.1", status=1)
    c.adit.send_signal(signal.SIGCONT)
    c.adit.send_signal(signal.SIGUSR1)
    dropped = c.adit.wait(r"tun:vpn: the device's queue dropped (\d+) "
                          "packets: .*ip link set vpn txqueuelen")[1]
    c.adit.wait(f"lost here: .*{dropped} device's queue full")
    # The system sends some of its own, until somebody reads them again.
    told = c.ip("-s", "-j", "link", "show", "vpn").stdout
    assert json.loads(told)[0]["stats64"]["tx"]["dropped"] == int(dropped) > 30


@pytest.mark.parametrize("kind", ["tcp", "dtls"])
def test_client_recovers_when_the_server_starts_anew(vpn, kind):
    v = vpn(kind)
    c = v.client()
    v.serve()
    v.dial(c)
    v.carrier.kill()
    v.serve()
    until("a ping comes back", lambda: v.pings(c, "10.8.0.1", 1), 45)


def test_device_that_is_taken_away_comes_back(vpn):
    v = vpn("tcp")
    c = v.client()
    v.serve()
    v.dial(c)
    c.ip("link", "set", "vpn", "down")
    assert not v.pings(v.server, "10.8.0.11", 1)
    c.ip("link", "set", "vpn", "up")
    v.reach(v.server, "10.8.0.11")
    since = c.adit.mark()
    c.ip("link", "delete", "vpn")
    c.adit.wait("the device is gone", since=since)
    c.adit.wait("device vpn, MTU", since=since)
    v.reach(c)
    # It does not spin meanwhile.
    assert c.adit.cpu_s() < 2


@pytest.mark.parametrize("given", [None, 1300])
def test_device_that_comes_back_has_its_mtu(vpn, given):
    """One that fits the carrier, or the one that was given; on both sides."""
    v = vpn("dtls")
    c = v.client()
    more = f",mtu={given}" if given else ""
    v.serve(more)
    v.dial(c, more)
    sides = (c, c.adit), (v.server, v.carrier)
    before = [mtu_of(m) for m, _ in sides]
    if given:
        assert before == [given, given]
    else:
        assert all(1380 <= mtu < 1472 for mtu in before), before
    since = [p.mark() for _, p in sides]
    for m, _ in sides:
        m.ip("link", "delete", "vpn")
    for (m, p), mark, mtu in zip(sides, since, before):
        p.wait("the device is gone", since=mark)
        p.wait(f"device vpn, MTU {mtu}, 10.8.0.1", since=mark)
        assert mtu_of(m) == mtu
    v.reach(c)
    v.reach(c, "fd08::1")


def as_nobody(m, *args, capability=True):
    """That command line as an ordinary user, with CAP_NET_ADMIN or not."""
    harness.need("setpriv")
    caps = ["--inh-caps=+net_admin", "--ambient-caps=+net_admin"] \
        if capability else []
    return [*m.prefix, "setpriv", "--reuid=65534", "--regid=65534",
            "--clear-groups", *caps, *args]


@pytest.fixture
def readable():
    """A copy of the program where everybody may run it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield shutil.copy(harness.adit_path(), folder)


def test_capability_alone_is_enough(vpn, readable):
    v = vpn("tcp")
    c = v.client()
    open_node(c)
    v.serve()
    p = v.start(*as_nobody(c, "/bin/sh", "-c", 'exec "$0" "$@"',
                           readable, "tunnel",
                           "tun:vpn,addr=10.8.0.11/24,addr=fd08::11/64,"
                           "mtu=1400", v._dial(c)))
    p.wait(READY)
    v.reach(c)
    v.reach(c, "fd08::1")
    assert mtu_of(c) == 1400


def test_root_becomes_another_user_and_still_sets_the_mtu(vpn):
    v = vpn("dtls")
    c = v.client()
    v.serve()
    c.adit = v.start(*c.prefix, "adit", "tunnel", "--user", "nobody",
                     "tun:vpn,addr=10.8.0.11/24", v._dial(c))
    c.adit.wait(READY)
    c.adit.wait(r"MTU 1[34]\d\d, which fits")
    v.reach(c)
    with open(f"/proc/{adit_pid(c)}/status") as f:
        assert re.search(r"^Uid:\s+65534\s", f.read(), re.M)


def adit_pid(m):
    return max(map(int, m.run("pgrep", "-f", "adit tunnel",
                              "--ns", str(m.holder.pid), "--nslist",
                              "net").stdout.split()))


def test_device_made_for_a_user_needs_no_rights(vpn, readable):
    v = vpn("tcp")
    c = v.client()
    open_node(c)
    v.serve()
    c.ip("tuntap", "add", "vpn", "mode", "tun", "user", "65534")
    c.ip("address", "add", "10.8.0.11/24", "dev", "vpn")
    c.ip("link", "set", "vpn", "up")
    p = v.start(*as_nobody(c, readable, "tunnel", "tun:vpn",
                           v._dial(c), capability=False))
    p.wait("which was there")
    v.reach(c)


def refused(m, *args, status=1, says):
    done = m.run("adit", "tunnel", *args, status=status)
    said = done.stdout + done.stderr
    assert re.search(says, said), said


def test_what_is_wrong_with_a_device_is_told(machine, start):
    need_tun()
    m = machine("a")
    m.ip("link", "add", "cable", "type", "veth", "peer", "name", "other")
    m.up("cable", "10.9.0.1/24")
    to = "udp:127.0.0.1:9"
    for tun, status, says in (
            ("tun:a/b", 2, '"a/b" cannot be the name'),
            ("tun:a-name-that-is-too-long", 2, "15 characters"),
            ("tun:x%s", 2, "is no pattern"),
            ("tun:vpn,addr=10.9.0.0/33", 2, "number of bits"),
            ("tun:vpn,addr=example.com", 2, "is no address"),
            ("tun:vpn,addr=127.0.0.1", 2, "no device can have"),
            ("tun:vpn,addr=224.0.0.1", 2, "no device can have"),
            ("tun:vpn,addr=10.1.0.1,addr=10.1.0.1", 2, "twice"),
            ("tun:vpn,peer=10.1.0.1", 2, "no addr"),
            ("tun:vpn,addr=fd08::1,peer=10.1.0.1", 2, "no addr"),
            ("tun:vpn,mtu=20", 2, "is no MTU"),
            ("tun:vpn,addr=fd08::1,mtu=1000", 2, "too small for IPv6"),
            ("tun:vpn,mss=maybe", 2, "is no MSS"),
            ("tun:vpn,inner-file=/nowhere", 2, "RIGHT"),
            ("tun:cable", 1, "no TUN device"),
            ("tun:vpn,addr=10.9.0.1/24", 1,
             "10.9.0.1 is taken: the device cable has it")):
        refused(m, tun, to, status=status, says=says)
    refused(m, "tcp-listen::4443", "tun:vpn", status=2,
            says="open to all who reach tcp-listen::4443.*set insecure")
    local = "tcp-listen:127.0.0.1:4443"
    refused(m, local, "tun:vpn,inner-file=/nowhere", status=2,
            says="/nowhere: cannot read the inner-file of tun:vpn")
    bad = m.folder / "inner"
    bad.write_text("a 10.8.0.1\nb 10.8.0.1\n")
    refused(m, local, f"tun:vpn,inner-file={bad}", status=2,
            says="line 2: this prefix belongs to a different name further up")
    # None of that left a device behind.
    m.run("ip", "link", "show", "vpn", status=1)
    start(*m.prefix, "adit", "tunnel", "tun:vpn", to).wait(READY)
    refused(m, "tun:vpn", to, says="in use: another program")


def test_no_driver_and_no_permission_are_told(machine, readable):
    need_tun()
    m = machine("a")
    open_node(m)
    to = "udp:127.0.0.1:9"
    done = subprocess.run(
        as_nobody(m, readable, "tunnel", "tun:vpn", to,
                  capability=False), capture_output=True, text=True)
    assert done.returncode == 1
    assert "no permission to make or use it: run as root or with " \
        "CAP_NET_ADMIN" in done.stderr
    m.sh("chmod 600 /run/tun")
    done = subprocess.run(
        as_nobody(m, readable, "tunnel", "tun:vpn", to),
        capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{NODE}: no permission" in done.stderr
    m.sh(f"umount {NODE} && mount -t tmpfs tmpfs /dev/net")
    refused(m, "tun:vpn", to, says=f"{NODE} is not there: load the module")


def test_system_chooses_a_name(machine, start):
    need_tun()
    m = machine("a")
    p = start(*m.prefix, "adit", "tunnel", "tun:", "udp:127.0.0.1:9")
    assert p.wait(r"tun:(\S+) to udp.*: ready")[1] == "tun0"
    p = start(*m.prefix, "adit", "tunnel", "tun:vpn%d,addr=10.1.0.1,"
              "peer=10.1.0.2", "udp:127.0.0.1:9")
    assert p.wait(r"tun:(\S+) to udp.*: ready")[1] == "vpn0"
    assert "10.1.0.1 peer 10.1.0.2/32" in m.ip("address", "show",
                                               "vpn0").stdout
