# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Kernels that lack calls and options which the libc has."""

import os
import socket

import pytest

import harness
from lacks import KINDS, Lacking

CALLS = ("epoll", "recvmmsg", "sendmmsg", "accept4", "getrandom", "eventfd",
         "close_range", "SOCK_NONBLOCK")
OPTIONS = ("SO_MARK", "UDP_SEGMENT", "UDP_GRO", "IP_PKTINFO",
           "IPV6_RECVPKTINFO", "IP_MTU_DISCOVER", "IPV6_MTU_DISCOVER",
           "IP_FREEBIND", "TCP_USER_TIMEOUT", "TCP_NOTSENT_LOWAT", "TCP_INFO")
SIZES = 0, 1, 1400, 9000


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
    assert sorted(lacking.known) == sorted(CALLS + OPTIONS)


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


@pytest.mark.parametrize("what,says", [
    ("all", ("events come from poll", "UDP's plain calls, without UDP_SEGMENT, "
             "without UDP_GRO, without their local address")),
    ("UDP_GRO", ("events come from epoll", "UDP's mmsg calls, with UDP_SEGMENT, "
                 "without UDP_GRO, with their local address"))])
def test_what_is_missing_is_said_once(lacking, echo, udp, what, says):
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
    """And who names an address is not."""
    lacking.list = "IP_PKTINFO"
    more = ",psk=0011223344" if end == "dtls-listen" else ""
    for host, times in ("0.0.0.0", 1), ("127.0.0.1", 0):
        p = lacking.run("tunnel", f"{end}:{host}:{harness.free_port()}{more}",
                        "udp:127.0.0.1:9")
        assert p.text().count("does not report which address") == times, \
            p.text()


def test_a_mark_is_refused_where_there_is_none(lacking, adit):
    """It decides over routes, so there is no going on without."""
    done = harness.run(lacking.tool, "SO_MARK", adit, "tunnel",
                       f"udp-listen:127.0.0.1:{harness.free_port()}",
                       "tls:127.0.0.1:9,mark=7", status=1)
    assert "mark" in done.stderr and \
        os.strerror(socket.errno.ENOPROTOOPT) in done.stderr
