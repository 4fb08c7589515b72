# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Strangers at the door: they cost little, and others do not notice them."""

import concurrent.futures
import os
import random
import re
import select
import socket
import ssl
import struct
import time
import uuid

import pytest

import harness
from harness import READY, free_port

MAX_KIB = 60000     # of resident memory, whatever strangers do


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), 5)
    s.settimeout(harness.PATIENCE)
    return s


def closed(s):
    """Waits until the other side has closed; what it said before is lost."""
    try:
        while s.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


@pytest.fixture
def serve(start, certs):
    """Starts a server with keys to its end; returns process and port."""
    def serve(kind, target, keys=""):
        port = free_port()
        if kind == "tls":
            keys = f",cert={certs}/server.pem,key={certs}/server.key{keys}"
        p = start("tunnel", f"{kind}-listen:127.0.0.1:{port}{keys}",
                  f"udp:127.0.0.1:{target}")
        p.wait(READY)
        return p, port
    return serve


@pytest.fixture
def friend(start, certs, names, udp):
    """A client that is no stranger: a socket to it."""
    def friend(kind, server):
        _, port = harness.start_client(start, certs, names, kind, server)
        s = udp(port)
        assert s.ask(b"hello") == b"hello"
        return s
    return friend


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_garbage_harms_nobody(serve, friend, echo, kind):
    server, port = serve(kind, echo)
    s = friend(kind, port)
    rng = random.Random(1)
    for size in 1, 5, 15, 16, 17, 100, 5000, 100000:
        with connect(port) as stranger:
            try:
                stranger.sendall(rng.randbytes(size))
                stranger.shutdown(socket.SHUT_WR)
                closed(stranger)
            except OSError:     # closed before all of it was sent
                pass
        assert s.ask(b"undisturbed") == b"undisturbed"
    assert server.popen.poll() is None
    assert server.rss_kib() < MAX_KIB


def test_garbage_inside_tls_harms_nobody(serve, friend, echo, certs):
    server, port = serve("tls", echo)
    s = friend("tls", port)
    context = ssl.create_default_context(cafile=certs / "ca.pem")
    for size in 1, 15, 16, 17, 40, 1000, 100000:
        with context.wrap_socket(connect(port),
                                 server_hostname="127.0.0.1") as stranger:
            try:
                stranger.sendall(os.urandom(size))
            except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
                pass
        assert s.ask(b"undisturbed") == b"undisturbed"
    assert server.popen.poll() is None
    assert server.rss_kib() < MAX_KIB


@pytest.mark.parametrize("hello", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x16\x03\x01\xff\xff" + b"\x01" * 100, b"\x16\x03\x01\x00\x00",
    b"\x80\x2e\x01\x00\x02" + b"\0" * 50], ids=lambda b: b[:5].hex())
def test_other_protocols_are_closed_and_told(serve, friend, echo, hello):
    server, port = serve("tls", echo, ",identify=1")
    s = friend("tls", port)
    with connect(port) as stranger:
        stranger.sendall(hello)
        assert closed(stranger)
    server.wait("connection closed: .*127.0.0.1:")
    assert s.ask(b"undisturbed") == b"undisturbed"


@pytest.mark.parametrize("kind,said", [
    ("tcp", b""), ("tcp", b"half an "), ("tls", b""),
    ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")],
    ids=["tcp-nothing", "tcp-half", "tls-nothing", "tls-half-hello"])
def test_silence_before_the_identifier_ends_in_time(serve, friend, echo,
                                                    kind, said):
    server, port = serve(kind, echo, ",identify=0.5")
    s = friend(kind, port)
    began = time.monotonic()
    with connect(port) as stranger:
        stranger.sendall(said)
        assert closed(stranger)
        # And not in the 10 s that it is otherwise.
        assert 0.4 < time.monotonic() - began < 9
    server.wait("closed: no session identifier in time.*127.0.0.1:")
    assert s.ask(b"undisturbed") == b"undisturbed"


def test_silence_inside_tls_ends_in_time(serve, echo, certs):
    _, port = serve("tls", echo, ",identify=0.5")
    context = ssl.create_default_context(cafile=certs / "ca.pem")
    began = time.monotonic()
    with context.wrap_socket(connect(port),
                             server_hostname="localhost") as stranger:
        stranger.sendall(b"half an ")
        try:
            assert stranger.recv(1) == b""
        except OSError:     # without a close_notify
            pass
    assert 0.4 < time.monotonic() - began < 9


def test_identifier_a_byte_at_a_time_is_not_waited_for(serve, echo):
    """The time runs from accept, not from the last byte: it is over while
    there are bytes to send."""
    _, port = serve("tcp", echo, ",identify=1")
    began = time.monotonic()
    with connect(port) as stranger:
        stranger.settimeout(0.5)
        for _ in range(15):
            try:
                stranger.send(b"x")
                if not stranger.recv(1):
                    break
            except TimeoutError:
                pass
            except ConnectionError:
                break
        else:
            raise AssertionError("each byte was waited for")
        assert time.monotonic() - began > 0.9


def test_the_oldest_of_too_many_silent_ones_makes_way(serve, friend, echo):
    server, port = serve("tcp", echo, ",max-pending=10")
    s = friend("tcp", port)
    strangers = [connect(port) for _ in range(30)]
    server.wait("too many connections without an identifier")
    for stranger in strangers[:20]:
        assert closed(stranger)
    assert s.ask(b"undisturbed") == b"undisturbed"
    # And a newcomer comes in.
    assert friend("tcp", port).ask(b"hello") == b"hello"
    for stranger in strangers:
        stranger.close()


def test_more_connections_than_allowed_are_refused(serve, friend, echo):
    server, port = serve("tcp", echo, ",max-connections=20")
    s = friend("tcp", port)
    strangers = [connect(port) for _ in range(40)]
    server.wait("connection refused: 20 are there already")
    assert s.ask(b"undisturbed") == b"undisturbed"
    for stranger in strangers:
        stranger.close()
    with harness.Udp(s.getpeername()[1]) as another:
        another.ask_until_answered()


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_300_idle_connections_disturb_nobody(serve, friend, echo, kind):
    server, port = serve(kind, echo)
    s = friend(kind, port)
    before = server.rss_kib()
    strangers = [connect(port) for _ in range(300)]
    for _ in range(50):
        assert s.ask(b"undisturbed") == b"undisturbed"
    assert friend(kind, port).ask(b"hello") == b"hello"
    # Not more than 16 KiB of buffers and engine each, and of 256 at most.
    assert server.rss_kib() - before < 300 * 64
    assert len(server.lines) < 40, "lines about strangers are limited"
    for stranger in strangers:
        stranger.close()
    assert s.ask(b"undisturbed") == b"undisturbed"


def test_sessions_with_half_frames_cost_bounded_memory(serve, friend, echo):
    """A thousand connections, each with a frame that began."""
    server, port = serve("tcp", echo)
    s = friend("tcp", port)
    before = server.rss_kib()
    strangers = []
    for _ in range(400):
        stranger = connect(port)
        stranger.sendall(uuid.uuid4().bytes + struct.pack("!H", 65535) +
                         b"x" * 1000)
        strangers.append(stranger)
    assert s.ask(b"undisturbed") == b"undisturbed"
    grown = server.rss_kib() - before
    assert grown < 400 * 16, f"{grown / 400} KiB for each"
    for stranger in strangers:
        stranger.close()


@pytest.mark.parametrize("kind,head", [
    ("tcp", lambda: uuid.uuid4().bytes + b"\xff\xff"),
    ("uott", lambda: b"UOTT\0\0\0\0" + b"UOTT\0\0\xff\xff")],
    ids=["tcp", "uott"])
def test_half_frames_of_60_kib_cost_8_mib_in_all(start, certs, names, echo,
                                                 udp, kind, head):
    server, client = free_port(), free_port()
    p = start("tunnel", f"{kind}-listen:127.0.0.1:{server}",
              f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    c = start("tunnel", f"udp-listen:127.0.0.1:{client}",
              f"{kind}:127.0.0.1:{server}")
    c.wait(READY)
    s = udp(client)
    data = os.urandom(60000)
    assert s.ask(data) == data
    before = p.rss_kib()
    strangers = []
    for i in range(400):
        stranger = connect(server)
        stranger.sendall(head() + b"x" * 60 * 1024)
        strangers.append(stranger)
        if i % 20 == 0:
            assert s.ask(data) == data
    p.wait("too many frames began and are not whole")
    assert closed(strangers[0])
    # 8 MiB, and what a connection and its flow cost besides.
    grown = p.rss_kib() - before
    assert grown < 8 * 1024 + 400 * 8, f"{grown} KiB"
    assert s.ask(data) == data
    assert "connection lost" not in c.text()
    for stranger in strangers:
        stranger.close()


def test_a_flood_of_flows_is_a_bounded_number_of_lines(start, echo, udp):
    """Datagrams of a byte each; what is not told one by one is counted."""
    port = free_port()
    p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    sources = [udp(port) for _ in range(500)]
    for s in sources:
        assert s.ask(b"x") == b"x"
    assert p.stop() == 0
    began, ended, more = 0, 0, [0, 0]
    for line in p.text().splitlines():
        held = re.search(r"\((\d+) more held back\)$", line)
        rest = re.search(r"(\d+) more flows began and (\d+) ended", line)
        if rest:
            more = [more[0] + int(rest[1]), more[1] + int(rest[2])]
        elif " began" in line:
            began += 1
            more[0] += int(held[1]) if held else 0
        elif " ended: " in line:
            ended += 1
            more[1] += int(held[1]) if held else 0
    assert 128 <= began < 200 and 128 <= ended < 200
    assert began + more[0] == ended + more[1] == 500
    assert re.search(" 500 in all;", p.text())


def test_connections_come_and_go_without_a_leak(serve, friend, echo):
    server, port = serve("tcp", echo, ",grace=0")
    s = friend("tcp", port)

    def round_trip(n):
        for _ in range(n):
            with connect(port) as stranger:
                stranger.sendall(uuid.uuid4().bytes + b"\0\2hi")
                assert stranger.recv(4) == b"\0\2hi"

    round_trip(200)
    fds = len(os.listdir(f"/proc/{server.pid}/fd"))
    before = server.rss_kib()
    round_trip(1000)
    assert server.rss_kib() - before < 1000
    harness.until("the last ones are closed", lambda: len(os.listdir(
        f"/proc/{server.pid}/fd")) <= fds + 3)
    assert s.ask(b"undisturbed") == b"undisturbed"


def test_handshakes_come_and_go_without_a_leak(serve, friend, echo, certs):
    server, port = serve("tls", echo, ",grace=0")
    s = friend("tls", port)
    context = ssl.create_default_context(cafile=certs / "ca.pem")

    def round_trip(n):
        for _ in range(n):
            with context.wrap_socket(connect(port),
                                     server_hostname="localhost") as t:
                t.sendall(uuid.uuid4().bytes + b"\0\2hi")
                assert t.recv(4) == b"\0\2hi"

    round_trip(50)
    before = server.rss_kib()
    round_trip(200)
    assert server.rss_kib() - before < 1000
    assert s.ask(b"undisturbed") == b"undisturbed"


def test_another_certificate_cannot_join_a_session(serve, echo, certs, adit,
                                                   ca, start):
    """An identifier is no secret once it leaked; the certificate is."""
    cert, key = ca.issue("server")
    port = free_port()
    server = start("uotp-server", "-a", "127.0.0.1", "-p", port, "-c", cert,
                   "-k", key, "-C", ca.pem, "127.0.0.1", echo)
    server.wait(READY)
    session = uuid.uuid4().bytes

    def join(name):
        context = ssl.create_default_context(cafile=ca.pem)
        context.load_cert_chain(*ca.issue(name, use="clientAuth", names=""))
        s = context.wrap_socket(connect(port), server_hostname="localhost")
        s.sendall(session + b"\0\5hello")
        return s

    with join("alice") as alice:
        assert alice.recv(7) == b"\0\5hello"
        with join("mallory") as mallory:
            assert closed(mallory)
        server.wait("its session belongs to a different certificate")
        with join("alice") as again:
            # The answer may come on either of her connections.
            ready, _, _ = select.select([alice, again], [], [],
                                        harness.PATIENCE)
            assert ready and ready[0].recv(7) == b"\0\5hello"
        alice.sendall(b"\0\5hello")
        assert alice.recv(7) == b"\0\5hello"


@pytest.mark.parametrize("junk", [b"", b"\0", b"\xff" * 1000])
def test_client_lives_with_a_server_that_talks_nonsense(start, certs, udp,
                                                        junk):
    """As TCP and as TLS: closed, retried, never ended by it."""
    with socket.create_server(("127.0.0.1", 0)) as fake:
        fake.settimeout(harness.PATIENCE)
        port, target = free_port(), fake.getsockname()[1]
        p = start("uotp-client", "-C", certs / "ca.pem", "-n", "1", "-B",
                  "0.1", "-w", "1", "-p", port, "127.0.0.1", target)
        p.wait(READY)
        udp(port).send(b"hello")
        for _ in range(3):
            peer, _ = fake.accept()
            with peer:
                peer.sendall(junk)
                peer.shutdown(socket.SHUT_WR)
                peer.settimeout(harness.PATIENCE)
                closed(peer)
        p.wait("cannot connect")
        assert p.popen.poll() is None


@pytest.mark.slow
def test_slow_strangers_are_closed_in_10_and_30_seconds(serve, friend, echo):
    """Half an identifier and silence: 10 s from accept.  A frame of 65535
    bytes at a byte a second: 30 s from its beginning.  All at once."""
    server, port = serve("tcp", echo)
    s = friend("tcp", port)

    def half_identifier():
        began = time.monotonic()
        with connect(port) as stranger:
            stranger.sendall(b"8 bytes.")
            closed(stranger)
        return time.monotonic() - began

    def slow_frame(head):
        stranger = connect(port)
        with stranger:
            stranger.sendall(uuid.uuid4().bytes)
            began = time.monotonic()
            stranger.sendall(head)
            stranger.settimeout(1)
            while time.monotonic() - began < 60:
                try:
                    if stranger.recv(100) == b"":
                        break
                except TimeoutError:
                    pass
                except ConnectionResetError:
                    break
                try:
                    stranger.send(b"x")
                except (BrokenPipeError, ConnectionResetError):
                    break
        return time.monotonic() - began

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        identifiers = [pool.submit(half_identifier) for _ in range(10)]
        frames = [pool.submit(slow_frame, struct.pack("!H", 65535))
                  for _ in range(15)]
        frames += [pool.submit(slow_frame, struct.pack("!H", 65535) +
                               b"x" * n) for n in (1, 100, 30000, 65400)]
        most = 0
        while not all(f.done() for f in identifiers + frames):
            assert s.ask(b"undisturbed") == b"undisturbed"
            most = max(most, server.rss_kib())
            s.silent_for(0.25)
    for f in identifiers:
        assert 9 < f.result() < 13
    for f in frames:
        assert 28 < f.result() < 36
    assert most < MAX_KIB
    server.wait("a frame that began was not whole in time")
