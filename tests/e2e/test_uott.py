# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit uott: one TCP connection for the datagrams of many sources."""

import os
import re
import signal
import socket
import struct

import pytest

import harness
from harness import READY, free_port, refused, run


@pytest.fixture(scope="session")
def uott(adit, tmp_path_factory):
    """The program under its old name."""
    link = tmp_path_factory.mktemp("names") / "uott"
    link.symlink_to(adit)
    return link


def proxy(start, uott, target, *more, port=None, host="127.0.0.1"):
    """A proxy; returns the process and its port."""
    port = port or free_port(host.strip("[]"))
    process = start(uott, *more, "proxy", f"{host}:{port}", target)
    process.wait(READY)
    return process, port


def client(start, uott, server, *more, host="127.0.0.1"):
    """A client; returns the process and its port."""
    port = free_port(host.strip("[]"))
    process = start(uott, *more, "client", f"{host}:{port}", server)
    process.wait(READY)
    return process, port


def frame(tag, data):
    return b"UOTT" + struct.pack("<HH", tag, len(data)) + data


def read_exactly(stream, n):
    data = b""
    while len(data) < n:
        more = stream.recv(n - len(data))
        assert more, "end of file"
        data += more
    return data


def read_frame(stream):
    magic, tag, size = struct.unpack("<4sHH", read_exactly(stream, 8))
    assert magic == b"UOTT"
    return tag, read_exactly(stream, size)


# --- Datagrams --------------------------------------------------------------

@pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])
def test_datagrams_of_all_sizes_and_many_sources(start, uott, certs, echo,
                                                 udp, tls):
    own = ["--tls", "-c", certs / "server.pem", "-k",
           certs / "server.key"] if tls else []
    trust = ["--tls", "-C", certs / "ca.pem"] if tls else []
    _, server = proxy(start, uott, f"127.0.0.1:{echo}", *own)
    _, port = client(start, uott, f"127.0.0.1:{server}", *trust)
    sources = [udp(port) for _ in range(5)]
    for size in 0, 1, 1400, 9000, 65507:
        for s in sources:
            data = os.urandom(size)
            s.send(data)
            s.last = data
        for s in sources:
            assert s.recv(70000) == s.last


def test_names_are_resolved_on_both_sides(start, uott, echo, udp):
    """The original loses every answer of a target that has a name."""
    _, server = proxy(start, uott, f"localhost:{echo}")
    _, port = client(start, uott, f"localhost:{server}")
    assert udp(port).ask(b"hello") == b"hello"


def test_ipv6_on_all_sides(start, uott, udp):
    if not harness.has_ipv6():
        pytest.skip("this machine has no IPv6")
    target = harness.start_echo(start, "::1")
    _, server = proxy(start, uott, f"[::1]:{target}", host="[::1]")
    _, port = client(start, uott, f"[::1]:{server}", host="[::1]")
    assert udp(port, "::1").ask(b"hello") == b"hello"


def test_one_proxy_serves_many_clients(start, uott, echo, udp):
    p, server = proxy(start, uott, f"127.0.0.1:{echo}")
    ports = [client(start, uott, f"127.0.0.1:{server}")[1] for _ in range(3)]
    for n, port in enumerate(ports * 2):
        assert udp(port).ask(b"%d" % n) == b"%d" % n
    p.wait(r"flow 6: .* began")


def test_a_client_outlives_its_proxy(start, uott, echo, udp):
    p, server = proxy(start, uott, f"127.0.0.1:{echo}")
    c, port = client(start, uott, f"127.0.0.1:{server}")
    s = udp(port)
    s.ask(b"hello")
    p.kill()
    c.wait("connection lost")
    s.send(b"lost")
    c.wait("cannot connect: .*refused")
    proxy(start, uott, f"127.0.0.1:{echo}", port=server)
    assert s.ask_until_answered() < 3
    assert c.text().count("began") == 1, "it is the same flow"


def test_a_client_may_be_there_before_its_proxy(start, uott, echo, udp):
    server = free_port()
    c, port = client(start, uott, f"127.0.0.1:{server}")
    c.wait("cannot connect: .*refused.*; trying again when there is a flow")
    proxy(start, uott, f"127.0.0.1:{echo}", port=server)
    assert udp(port).ask_until_answered() < 3


def test_idle_flows_expire_on_both_sides(start, uott, echo, udp):
    p, server = proxy(start, uott, f"127.0.0.1:{echo}", "--idle", "0.3")
    c, port = client(start, uott, f"127.0.0.1:{server}", "-e", "0.3")
    s = udp(port)
    assert s.ask(b"1") == b"1"
    p.wait("flow 1: .* ended: idle")
    c.wait("flow 1: .* ended: idle")
    assert s.ask(b"2") == b"2"
    p.wait("flow 2: .* began")
    assert "connection lost" not in c.text()


# --- The wire, as others speak it -------------------------------------------

def test_a_peer_that_knows_the_wire_is_served_by_our_proxy(start, uott,
                                                           echo):
    p, server = proxy(start, uott, f"127.0.0.1:{echo}")
    with socket.create_connection(("127.0.0.1", server)) as s:
        s.settimeout(harness.PATIENCE)
        for tag in 0, 1, 0x1234, 0xffff:
            for data in b"", b"x", os.urandom(9000), os.urandom(65507):
                s.sendall(frame(tag, data))
                assert read_frame(s) == (tag, data)
        # Three frames in one piece, and one byte by byte.
        s.sendall(frame(7, b"a") + frame(8, b"b") + frame(7, b"c"))
        assert sorted(read_frame(s) for _ in range(3)) == [
            (7, b"a"), (7, b"c"), (8, b"b")]
        for byte in frame(0x0102, b"slow"):
            s.sendall(bytes([byte]))
        assert read_frame(s) == (0x0102, b"slow")
    for n in range(1, 8):
        p.wait(rf"flow {n}: .* ended: the client has gone")


def test_our_client_speaks_to_a_proxy_that_knows_the_wire(start, uott, udp):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(harness.PATIENCE)
        _, port = client(start, uott,
                         f"127.0.0.1:{listener.getsockname()[1]}")
        stream, _ = listener.accept()
        with stream:
            stream.settimeout(harness.PATIENCE)
            sources = [udp(port) for _ in range(3)]
            for tag, s in enumerate(sources):
                for data in b"", b"x", os.urandom(9000), os.urandom(65507):
                    s.send(data)
                    assert read_frame(stream) == (tag, data)
            for tag, s in reversed(list(enumerate(sources))):
                stream.sendall(frame(tag, b"to %d" % tag))
                assert s.recv(100) == b"to %d" % tag
            # A tag that nobody has, and then one that somebody has.
            stream.sendall(frame(500, b"?") + frame(1, b"!"))
            assert sources[1].recv(100) == b"!"


@pytest.mark.parametrize("sent, says", [
    (b"neither frames nor words that are known", "the stream is corrupt: a "
     "frame does not begin with UOTT"),
    (b"GET / HTTP/1.1\r\n\r\n", "an HTTP request came"),
])
def test_a_stream_that_is_corrupt_is_closed_with_the_cause(start, uott,
                                                           echo, udp, sent,
                                                           says):
    p, server = proxy(start, uott, f"127.0.0.1:{echo}")
    _, port = client(start, uott, f"127.0.0.1:{server}")
    with socket.create_connection(("127.0.0.1", server)) as s:
        s.sendall(sent)
        p.wait(f"connection closed: {says}" r".*\(127\.0\.0\.1:")
        s.settimeout(harness.PATIENCE)
        try:
            assert s.recv(1) == b""
        except ConnectionResetError:
            pass
    assert udp(port).ask(b"hello") == b"hello"


# --- TLS --------------------------------------------------------------------

def test_tls_checks_the_name_of_the_proxy(start, uott, certs, echo, udp):
    own = "-c", certs / "server.pem", "-k", certs / "server.key"
    trust = "-t", "-C", certs / "ca.pem"
    _, server = proxy(start, uott, f"127.0.0.1:{echo}", "-t", *own)
    c, port = client(start, uott, f"127.0.0.1:{server}", *trust, "--name",
                     "other.example")
    c.wait("cannot connect: .*name")
    udp(port).send(b"not to be seen")
    _, port = client(start, uott, f"127.0.0.1:{server}", *trust, "--name",
                     "localhost")
    assert udp(port).ask(b"hello") == b"hello"
    _, port = client(start, uott, f"127.0.0.1:{server}", *trust,
                     "--no-name-check")
    assert udp(port).ask(b"hello") == b"hello"


def test_a_proxy_may_ask_for_certificates(start, uott, certs, echo, udp):
    ca = "-C", certs / "ca.pem"
    p, server = proxy(start, uott, f"127.0.0.1:{echo}", "-t", *ca, "-c",
                      certs / "server.pem", "-k", certs / "server.key")
    client(start, uott, f"127.0.0.1:{server}", "-t", *ca)
    p.wait("the client showed no certificate")
    _, port = client(start, uott, f"127.0.0.1:{server}", "-t", *ca, "-c",
                     certs / "client.pem", "-k", certs / "client.key")
    assert udp(port).ask(b"hello") == b"hello"
    p.wait("flow 1: .* began, peer client")


# --- The command line -------------------------------------------------------

TO = "127.0.0.1:9"
ERRORS = [
    ([], r"proxy or client"),
    (["proxy"], r"three arguments are expected"),
    (["proxy", TO], r"three arguments are expected"),
    (["client", TO, TO, TO], r"too many"),
    (["frob", TO, TO], r"must be proxy or client"),
    (["proxy", "127.0.0.1", TO], r'"127\.0\.0\.1".*port'),
    (["proxy", "127.0.0.1:x", TO], r'"127\.0\.0\.1:x"'),
    (["proxy", "127.0.0.1:65536", TO], r"65536"),
    (["proxy", TO, ":9"], r'":9".*host'),
    (["client", TO, ":9"], r'":9".*host'),
    (["--frob", "proxy", TO, TO], r"--frob"),
    (["-e", "x", "proxy", TO, TO], r'-e.*"x"'),
    (["-c", "/nowhere", "proxy", TO, TO], r"cert goes with tls"),
    (["-C", "/nowhere", "client", TO, TO], r"cafile goes with tls"),
    (["--name", "x", "client", TO, TO], r"name goes with tls"),
    (["--no-name-check", "client", TO, TO],
     r"no-name-check.*(tls|cafile)"),
    (["-t", "--no-name-check", "client", TO, TO], r"cafile"),
    (["-t", "proxy", TO, TO], r"certificate"),
    (["-t", "-C", "/nowhere", "client", TO, TO], r"/nowhere.*No such file"),
    (["--name", "x", "proxy", TO, TO], r"--name is for the client"),
    (["-m", "7", "proxy", TO, TO], r"--mark is for the client"),
    (["-m", "blue", "client", TO, TO], r"-m.*blue"),
]


@pytest.mark.parametrize("args,says", ERRORS,
                         ids=lambda x: " ".join(x) if isinstance(x, list)
                         else "")
def test_wrong_command_lines_are_refused_in_one_line(uott, args, says):
    line = refused(uott, *args, status=2, says=says)
    assert line.startswith("uott: ")


def test_the_help_has_both_modes(uott):
    shown = run(uott, "-h").stdout
    assert shown.startswith("usage: uott ")
    for mode in "proxy", "client":
        assert re.search(rf"uott \[OPTIONS\] {mode} ", shown)
    assert len(shown.splitlines()) <= 50


def test_options_may_stand_anywhere(start, uott, echo, udp):
    server, port = free_port(), free_port()
    start(uott, "proxy", f"127.0.0.1:{server}", "--idle=5",
          f"127.0.0.1:{echo}", "-v", "info").wait(READY)
    start(uott, "client", "-e5", f"127.0.0.1:{port}",
          f"127.0.0.1:{server}").wait(READY)
    assert udp(port).ask(b"hello") == b"hello"


@pytest.mark.parametrize("mode", ["proxy", "client"])
def test_ctrl_c_ends_it_with_0(start, uott, mode):
    p = start(uott, mode, f"127.0.0.1:{free_port()}",
              f"127.0.0.1:{free_port()}")
    p.wait(READY)
    assert p.stop(signal.SIGINT) == 0


def test_a_port_in_use_is_an_error(start, uott, echo):
    _, server = proxy(start, uott, f"127.0.0.1:{echo}")
    refused(uott, "proxy", f"127.0.0.1:{server}", TO, status=1,
            says=rf"127\.0\.0\.1:{server}.*in use")
    # The connection that a client begins with is none of its errors.
    done = run(uott, "client", f"127.0.0.1:{echo}", TO, status=1)
    assert re.search(rf"127\.0\.0\.1:{echo}.*in use", done.stderr)


def test_the_example_of_the_original(start, uott):
    """A proxy on all addresses, a client on one, a target that listens on
    the loopback; either side speaks."""
    server, port = free_port(), free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind(("127.0.0.1", 0))
        target.settimeout(harness.PATIENCE)
        start(uott, "proxy", f"0.0.0.0:{server}",
              f"127.0.0.1:{target.getsockname()[1]}").wait(READY)
        start(uott, "client", f"127.0.0.1:{port}",
              f"127.0.0.2:{server}").wait(READY)
        with harness.Udp(port) as s:
            s.send(b"from the client\n")
            data, peer = target.recvfrom(100)
            assert data == b"from the client\n"
            for n in range(3):
                target.sendto(b"from the target %d\n" % n, peer)
                assert s.recv(100) == b"from the target %d\n" % n
