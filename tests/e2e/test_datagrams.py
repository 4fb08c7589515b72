# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Datagrams pass through every tunnel as they are."""

import json
import os
import socket

import pytest

import harness
from harness import TUNNELS, run

SIZES = [0, 1, 2, 15, 16, 17, 255, 256, 1200, 1472, 1500, 4096, 9000, 16383,
         16384, 16385, 32767, 32768, 65000, 65505, 65506, 65507]


@pytest.mark.parametrize("kind", TUNNELS)
def test_datagrams_of_0_to_65507_bytes_pass_unchanged(kind, echo, tunnel,
                                                      udp):
    s = udp(tunnel(kind, echo))
    for size in SIZES:
        data = os.urandom(size)
        assert s.ask(data) == data, size


@pytest.mark.parametrize("kind", TUNNELS)
def test_datagrams_of_all_sizes_at_once_arrive_each_once(kind, echo, tunnel,
                                                         udp):
    s = udp(tunnel(kind, echo))
    s.ask_until_answered()
    sent = sorted(os.urandom(size) for size in range(0, 1500, 25))
    for data in sent:
        s.send(data)
    assert sorted(s.recv(70000) for _ in sent) == sent
    assert s.silent_for(0.2), "more came back than was sent"


@pytest.mark.parametrize("kind", TUNNELS)
def test_flows_do_not_mix(kind, echo, tunnel, udp):
    port = tunnel(kind, echo)
    sockets = [udp(port) for _ in range(20)]
    for turn in range(5):
        for i, s in enumerate(sockets):
            s.send(b"%d of flow %d" % (turn, i))
    for i, s in enumerate(sockets):
        expected = [b"%d of flow %d" % (turn, i) for turn in range(5)]
        assert sorted(s.recv(100) for _ in expected) == expected


@pytest.mark.parametrize("kind", TUNNELS)
def test_target_sees_one_port_for_each_flow(kind, tunnel, udp):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind(("127.0.0.1", 0))
        target.settimeout(harness.PATIENCE)
        port = tunnel(kind, target.getsockname()[1])
        ports = {}
        for i in range(3):
            s = udp(port)
            for turn in range(3):
                s.send(b"%d" % i)
                data, peer = target.recvfrom(100)
                ports.setdefault(data, set()).add(peer)
                target.sendto(b"back", peer)
                assert s.recv(100) == b"back"
    assert sorted(ports) == [b"0", b"1", b"2"]
    assert all(len(p) == 1 for p in ports.values())
    assert len(set.union(*ports.values())) == 3


@pytest.mark.parametrize("kind", ["udp", "tcp", "tls"])
def test_ping_at_a_steady_rate_loses_nothing(kind, adit, echo, tunnel):
    done = run(adit, "ping", "--json", "--flows", "4", "--rate", "500",
               "--count", "500", f"127.0.0.1:{tunnel(kind, echo)}")
    sums = json.loads(done.stdout)
    assert (sums["sent"], sums["received"]) == (500, 500)
    assert sums["duplicates"] == 0
    assert sums["corrupt"] == 0


@pytest.mark.parametrize("kind", ["udp", "tcp", "tls"])
def test_flood_is_answered_whole(kind, adit, echo, tunnel):
    done = run(adit, "ping", "--json", "--flood", "--size", "1400",
               "--flows", "4", "--count", "20000", "--timeout", "5",
               f"127.0.0.1:{tunnel(kind, echo)}")
    sums = json.loads(done.stdout)
    assert sums["corrupt"] == sums["duplicates"] == 0
    assert sums["received"] >= 0.999 * sums["sent"], sums


@pytest.mark.parametrize("kind", ["tcp", "tls", "old-tls"])
def test_ipv6_carries_the_pool(kind, start, certs, names, echo, udp):
    if not harness.has_ipv6():
        pytest.skip("this machine has no IPv6")
    _, server = harness.start_server(start, certs, names, kind, echo,
                                     host="::1")
    _, port = harness.start_client(start, certs, names, kind, server,
                                   host="::1")
    assert udp(port).ask(b"over IPv6") == b"over IPv6"


def test_ipv6_on_both_sides_of_a_tunnel(start, udp):
    if not harness.has_ipv6():
        pytest.skip("this machine has no IPv6")
    target, port = harness.start_echo(start, "::1"), harness.free_port("::1")
    start("tunnel", f"udp-listen:[::1]:{port}",
          f"udp:[::1]:{target}").wait(harness.READY)
    assert udp(port, "::1").ask(b"x" * 65507) == b"x" * 65507


@pytest.mark.parametrize("poller", ["epoll", "poll", "select"])
def test_every_poller_carries_datagrams(poller, start, echo, udp):
    port = harness.free_port()
    start("tunnel", "--poller", poller, f"udp-listen:127.0.0.1:{port}",
          f"udp:127.0.0.1:{echo}").wait(harness.READY)
    sockets = [udp(port) for _ in range(10)]
    for s in sockets:
        assert s.ask(b"hello") == b"hello"


def test_tunnel_without_offload_carries_datagrams(start, echo, udp):
    port = harness.free_port()
    start("tunnel", f"udp-listen:127.0.0.1:{port},no-offload",
          f"udp:127.0.0.1:{echo},no-offload").wait(harness.READY)
    assert udp(port).ask(b"hello") == b"hello"


def test_a_request_by_broadcast_is_answered(start):
    """Nothing can be sent from the address of a broadcast."""
    target, port = harness.free_port(), harness.free_port()
    start("echo", f"0.0.0.0:{target}").wait("listening")
    start("tunnel", f"udp-listen:0.0.0.0:{port}",
          f"udp:127.0.0.1:{target}").wait(harness.READY)
    for asked in target, port:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(harness.PATIENCE)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            s.sendto(b"who is there?", ("127.255.255.255", asked))
            assert s.recvfrom(100) == (b"who is there?", ("127.0.0.1", asked))


def test_an_ipv4_address_may_be_written_as_ipv6(start, echo, udp):
    port = harness.free_port()
    mapped = f"[::ffff:127.0.0.1]:{echo}"
    start("tunnel", f"udp-listen:[::ffff:127.0.0.1]:{port}",
          f"udp:{mapped}").wait(harness.READY)
    assert udp(port).ask(b"hello") == b"hello"
    assert "received 2" in run(harness.adit_path(), "ping", "-c", "2",
                               mapped).stdout


def needs_all_of_loopback(process):
    """A socket for each address has none for those that no device has."""
    if "a socket for each address" in process.text():
        pytest.skip("this build has one for 127.0.0.1 alone")


def test_wildcard_listener_answers_from_the_address_that_was_asked(
        start, echo):
    port = harness.free_port()
    p = start("tunnel", f"udp-listen:0.0.0.0:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(harness.READY)
    needs_all_of_loopback(p)
    for host in "127.0.0.1", "127.0.0.2", "127.0.0.3":
        with harness.Udp(port, host) as s:
            assert s.ask(host.encode()) == host.encode()


def test_one_source_that_asks_two_addresses_has_two_answers(start, echo):
    port = harness.free_port()
    p = start("tunnel", f"udp-listen:0.0.0.0:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(harness.READY)
    needs_all_of_loopback(p)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(harness.PATIENCE)
        got = set()
        for host in "127.0.0.2", "127.0.0.3":
            s.sendto(host.encode(), (host, port))
        for _ in range(2):
            data, peer = s.recvfrom(100)
            got.add((data.decode(), peer[0]))
    assert got == {("127.0.0.2", "127.0.0.2"), ("127.0.0.3", "127.0.0.3")}


@pytest.mark.parametrize("family, taken", [
    (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")])
@pytest.mark.parametrize("end", ["udp-listen", "dtls-listen"])
def test_port_taken_in_one_family_is_taken(adit, end, family, taken):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((taken, 0))
        port = s.getsockname()[1]
        key = ",psk=" + "00" * 16 if end == "dtls-listen" else ""
        done = run(adit, "tunnel", f"{end}::{port}{key}", "udp:127.0.0.1:9",
                   status=1)
    assert "bind: Address already in use" in done.stderr


def test_refused_target_is_a_counter_and_not_an_end(start, udp):
    port, nobody = harness.free_port(), harness.free_port()
    p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{nobody}")
    p.wait(harness.READY)
    s = udp(port)
    s.send(b"a")
    p.wait("refused")
    for _ in range(200):
        s.send(b"a")
    target = start("echo", f"127.0.0.1:{nobody}")
    target.wait("listening on")
    s.ask_until_answered()
    assert p.text().count("refused") < 10
