# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Kernels that lack calls and options which the libc has."""

import os
import socket
import subprocess

import pytest

import harness
from harness import READY, until
from lacks import KINDS, Lacking
from tunnels import need_super_packets

CALLS = ("epoll", "recvmmsg", "sendmmsg", "accept4", "getrandom", "eventfd",
         "timerfd", "close_range", "SOCK_NONBLOCK")
OPTIONS = ("SO_MARK", "UDP_SEGMENT", "UDP_GRO", "IP_PKTINFO",
           "IPV6_RECVPKTINFO", "IP_MTU_DISCOVER", "IPV6_MTU_DISCOVER",
           "IP_FREEBIND", "TCP_USER_TIMEOUT", "TCP_NOTSENT_LOWAT", "TCP_INFO")
UDP_SEGMENT = 103       # linux/udp.h
PKTINFO = "IP_PKTINFO,IPV6_RECVPKTINFO"
DEVICES = ("IFF_VNET_HDR", "TUNSETOFFLOAD", "TUNSETVNETHDRSZ",
           "TUNSETVNETLE", "TUN_F_USO4")     # test_offload.py
SIZES = 0, 1, 1400, 9000


@pytest.fixture
def echo_in(start, adit):
    """Echoes datagrams in a machine; its port."""
    def run(m):
        start(*m.prefix, adit, "echo", "127.0.0.1:7899").wait("127.0.0.1:7899")
        return 7899
    return run


@pytest.fixture
def lacking(start, adit, tmp_path):
    return Lacking(start, adit, tmp_path)


def carries(lacking, certs, echo, udp, kind):
    """A tunnel of that kind carries datagrams of three sources, one after the
    other and many at once."""
    server, client, here = lacking.tunnel(kind, certs, echo)
    for flow in (udp(here) for _ in range(3)):
        flow.ask_until_answered()
        flow.drain()
        for size in SIZES:
            data = os.urandom(size)
            assert flow.ask(data) == data
        sent = [b"%3d" % n + os.urandom(1000) for n in range(64)]
        for data in sent:
            flow.send(data)
        assert sorted(flow.recv(70000) for _ in sent) == sent
    for process in client, server:
        assert "ERROR" not in process.text()
        assert process.stop() == 0


def test_this_file_names_all_that_can_be_left_out(lacking):
    assert sorted(lacking.known) == sorted(
        CALLS + OPTIONS + DEVICES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_carrier_where_all_is_missing(lacking, certs, echo, udp, kind):
    lacking.list = "all"
    carries(lacking, certs, echo, udp, kind)


@pytest.mark.parametrize("missing", CALLS + OPTIONS)
def test_carriers_where_one_is_missing(lacking, certs, echo, udp, missing):
    """The others work with it as they do without."""
    lacking.list = missing
    for kind in "tls", "dtls", "uott":
        carries(lacking, certs, echo, udp, kind)


def need_udp_segment():
    """A kernel that tests/no_offload.sh has not made an old one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1000)
        except OSError:
            pytest.skip("no UDP_SEGMENT here")


@pytest.mark.parametrize("what,says", [
    ("all", ("events come from poll", "UDP's plain calls, without UDP_SEGMENT, "
             "without UDP_GRO, without their local address")),
    ("UDP_GRO", ("events come from epoll", "UDP's mmsg calls, with UDP_SEGMENT, "
                 "without UDP_GRO, with their local address"))])
def test_what_is_missing_is_said_once(lacking, echo, udp, what, says):
    if what != "all":
        need_udp_segment()
    lacking.list = what
    here = harness.free_port()
    p = lacking.run("tunnel", "-v", "debug", f"udp-listen:0.0.0.0:{here}",
                    f"udp:127.0.0.1:{echo}")
    for flow in (udp(here) for _ in range(3)):
        flow.ask_until_answered()
    text = p.text()
    for words in says:
        assert text.count(words) == 1, text


@pytest.mark.parametrize("end", ["udp-listen", "dtls-listen"])
def test_who_listens_everywhere_without_local_addresses_is_told(lacking, end):
    """That each address has a socket; who names an address has one."""
    lacking.list = "IP_PKTINFO"
    more = ",psk=0011223344" if end == "dtls-listen" else ""
    for host, times in ("0.0.0.0", 1), ("127.0.0.1", 0):
        p = lacking.run("tunnel", f"{end}:{host}:{harness.free_port()}{more}",
                        "udp:127.0.0.1:9")
        assert p.text().count("a socket for each address of this machine") \
            == times, p.text()


@pytest.mark.parametrize("end", ["udp-listen", "dtls-listen"])
def test_each_address_answers_where_none_is_reported(
        lacking, machine, start, echo_in, end):
    """adit ping hears the address alone that it asks."""
    m = machine("many")
    m.ip("address", "add", "127.0.0.2/8", "dev", "lo")
    target = echo_in(m)
    more = ",psk=0011223344" if end == "dtls-listen" else ""
    server = start(*m.prefix, lacking.tool, PKTINFO,
                   lacking.adit, "tunnel",
                   f"{end}::7900{more}", f"udp:127.0.0.1:{target}")
    server.wait(READY)

    def answers(host, port):
        asked = f"{host}:7900"
        if end == "dtls-listen":
            client = start(*m.prefix, lacking.adit, "tunnel",
                           f"udp-listen:127.0.0.1:{port}",
                           f"dtls:{asked}{more}")
            client.wait(READY)
            asked = f"127.0.0.1:{port}"
        done = subprocess.run([*m.prefix, lacking.adit, "ping", "-c", "3",
                               asked], capture_output=True)
        return done.returncode == 0

    hosts = ["127.0.0.1", "127.0.0.2"]
    if harness.has_ipv6():
        hosts.append("[::1]")
    for port, host in enumerate(hosts, 7901):
        assert answers(host, port), server.text()
    m.ip("address", "add", "127.0.0.3/8", "dev", "lo")
    ports = iter(range(7910, 7990))
    until("an answer", lambda: answers("127.0.0.3", next(ports)))
    m.ip("address", "del", "127.0.0.2/8", "dev", "lo")
    server.wait("127.0.0.2:7900 has gone")
    assert answers("127.0.0.1", 7908), server.text()


def test_a_mark_is_refused_where_there_is_none(lacking, adit):
    """It decides over routes, so there is no going on without."""
    done = harness.run(lacking.tool, "SO_MARK", adit, "tunnel",
                       f"udp-listen:127.0.0.1:{harness.free_port()}",
                       "tls:127.0.0.1:9,mark=7", status=1)
    assert "mark" in done.stderr and \
        os.strerror(socket.errno.ENOPROTOOPT) in done.stderr


NO_OFFLOAD = os.path.join(os.path.dirname(__file__), "..", "no_offload.sh")


def test_all_that_no_offload_sh_runs_has_no_offload(start, adit, machine):
    """So that whatever is tested by it is tested without."""
    need_super_packets()
    m = machine("plain")
    for words in ([], ["sh", NO_OFFLOAD]):
        p = start(*m.prefix, *words, adit, "tunnel", "-v", "debug",
                  "udp-listen:127.0.0.1:7920", "tun:t0")
        p.wait("datagrams pass by")
        said = p.text()
        for what in "without UDP_SEGMENT, without UDP_GRO", "single packets":
            assert (what in said) == bool(words), said
        p.stop()
    done = subprocess.run(["sh", NO_OFFLOAD, "sh", "-c",
                           'echo "$SIM_PLAIN"; exit 7'],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (7, "1\n")


def test_no_offload_sh_leaves_nothing_where_it_cannot_run(machine):
    """Here its tool is on a file system whose files cannot be run."""
    harness.need("cc")
    m = machine("noexec")
    m.sh("mkdir tools && mount -t tmpfs -o noexec tmpfs tools")
    done = m.run("env", f"TMPDIR={m.folder}/tools", "sh", NO_OFFLOAD, "true",
                 status=125)
    assert "ermission denied" in done.stderr
    assert m.sh("ls -A tools").stdout == ""
