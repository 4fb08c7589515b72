# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Python's ssl and asyncio as the peer, in both roles."""

import asyncio
import os
import socket
import ssl

import pytest

import harness
from harness import READY, free_port
from uotp_peer import Client, Server, client_context, frame, server_context

SIZES = [0, 1, 15, 16, 1400, 16384, 16385, 65507]
CARRIERS = ["tcp", "rsa2048", "rsa4096", "P-256", "P-384", "P-521"]


@pytest.fixture
def serve(start, ca, echo):
    """Starts our server on a carrier; returns port and Python's context."""
    def serve(carrier, *more, target=echo):
        port = free_port()
        args = ["-a", "127.0.0.1", "-p", port, *more, "127.0.0.1", target]
        if carrier == "tcp":
            context = None
            args.insert(0, "--no-tls")
        else:
            cert, key = ca.issue("kind-" + carrier, kind=carrier)
            args[:0] = ["-c", cert, "-k", key]
            context = client_context(ca.pem)
        process = start("uotp-server", *args)
        process.wait(READY)
        return process, port, context
    return serve


@pytest.fixture
def dial(start, ca):
    """Starts our client towards Python; returns process and port."""
    def dial(port, tls, *more):
        local = free_port()
        process = start("uotp-client", *(["-C", ca.pem] if tls else
                                         ["--no-tls"]),
                        "-p", local, *more, "127.0.0.1", port)
        process.wait(READY)
        return process, local
    return dial


async def udp_client(port):
    """A socket, and a function that sends and waits for the answer."""
    loop = asyncio.get_running_loop()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.connect(("127.0.0.1", port))

    async def ask(data):
        sock.send(data)
        return await asyncio.wait_for(loop.sock_recv(sock, 70000), 20)
    return sock, ask


async def answers(client, datagrams, window=50):
    """Sends datagrams, so many under way at most; returns what came back."""
    got = []
    for i, data in enumerate(datagrams):
        client.send(data)
        if i >= window:
            got.append(await asyncio.wait_for(client.got.get(), 20))
    while len(got) < len(datagrams):
        got.append(await asyncio.wait_for(client.got.get(), 20))
    return got


@pytest.mark.parametrize("carrier", CARRIERS)
def test_python_client_talks_to_our_server(serve, carrier):
    async def main():
        _, port, context = serve(carrier)
        async with Client("127.0.0.1", port, context) as client:
            for size in SIZES:
                for connection in range(8):
                    data = os.urandom(size)
                    assert await client.ask(data, connection) == data
            many = [b"%d" % i for i in range(2000)]
            assert sorted(await answers(client, many)) == sorted(many)
    asyncio.run(main())


@pytest.mark.parametrize("carrier", CARRIERS)
def test_our_client_talks_to_a_python_server(ca, dial, carrier):
    async def main():
        context = None
        if carrier != "tcp":
            context = server_context(*ca.issue("kind-" + carrier,
                                               kind=carrier))
        async with Server(lambda _, data: [data], context) as server:
            loop = asyncio.get_running_loop()
            _, port = await loop.run_in_executor(
                None, dial, server.port, context is not None)
            sock, ask = await udp_client(port)
            for size in SIZES:
                data = os.urandom(size)
                assert await ask(data) == data
            for i in range(500):
                assert await ask(b"%d" % i) == b"%d" % i
            while len(server.seen) < 8:
                await asyncio.sleep(0.01)
            # One session, and its identifier is a UUID of version 4.
            assert len(set(server.seen)) == 1
            assert server.seen[0][6] >> 4 == 4
            assert server.seen[0][8] >> 6 == 2
            assert not server.errors
            sock.close()
    asyncio.run(main())


def test_python_client_needs_its_certificate(serve, ca):
    async def main():
        process, port, _ = serve("P-256", "-C", ca.pem)
        cert, key = ca.issue("python-client", use="clientAuth", names="")
        context = client_context(ca.pem, cert, key)
        async with Client("127.0.0.1", port, context, size=2) as client:
            assert await client.ask(b"hello") == b"hello"
        process.wait("flow 1: .*python-client")
        context = client_context(ca.pem)
        with pytest.raises((ssl.SSLError, ConnectionError,
                            asyncio.IncompleteReadError)):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=context)
            writer.write(b"x" * 16 + frame(b"hello"))
            await reader.readexactly(7)
    asyncio.run(main())


def test_python_server_sees_our_client_certificate(ca, dial):
    async def main():
        context = server_context(*ca.issue("server"), ca.pem)
        cert, key = ca.issue("adit-client", use="clientAuth", names="")
        async with Server(lambda _, data: [data], context) as server:
            loop = asyncio.get_running_loop()
            _, port = await loop.run_in_executor(
                None, dial, server.port, True, "-c", cert, "-k", key)
            sock, ask = await udp_client(port)
            assert await ask(b"hello") == b"hello"
            subject = dict(x[0] for x in server.peer_certs[0]["subject"])
            assert subject["commonName"] == "adit-client"
            sock.close()
    asyncio.run(main())


def test_frames_cut_anywhere_are_put_together(serve):
    """A byte in each segment, then everything in one."""
    async def main():
        _, port, _ = serve("tcp")
        async with Client("127.0.0.1", port, size=1) as client:
            writer = client.writers[0]
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for data in b"", b"x", b"hello", b"y" * 300:
                for byte in frame(data):
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0)
                assert await asyncio.wait_for(client.got.get(), 20) == data
            # No more than the buffer of a socket at the target holds.
            many = [b"%d" % i * (i % 50) for i in range(200)]
            for _ in range(5):
                writer.write(b"".join(map(frame, many)))
                got = [await asyncio.wait_for(client.got.get(), 20)
                       for _ in many]
                assert got == many, "one connection keeps the order"
    asyncio.run(main())


def test_frames_too_long_for_udp_are_dropped_and_the_rest_passes(serve):
    """65508 to 65535 bytes: legal on the wire, not in a datagram."""
    async def main():
        process, port, _ = serve("tcp")
        async with Client("127.0.0.1", port, size=1) as client:
            for size in 65508, 65527, 65528, 65535:
                client.send(b"x" * size)
                assert await client.ask(b"after") == b"after"
        assert process.popen.poll() is None
    asyncio.run(main())


def test_session_ends_with_its_connections_and_begins_anew(serve):
    """As the original: a socket to the target for each session."""
    async def main():
        process, port, _ = serve("tcp")
        for _ in range(3):
            async with Client("127.0.0.1", port) as client:
                assert await client.ask(b"hello") == b"hello"
        process.wait("flow 3: .*began")
    asyncio.run(main())


def test_connections_of_a_session_may_come_and_go(serve):
    """The target sees one port all the time."""
    async def main():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
            target.bind(("127.0.0.1", 0))
            target.setblocking(False)
            loop = asyncio.get_running_loop()
            _, port, _ = serve("tcp", target=target.getsockname()[1])
            async with Client("127.0.0.1", port, size=2) as client:
                ports = set()
                for turn in range(6):
                    client.send(b"%d" % turn, len(client.writers) - 1)
                    data, peer = await asyncio.wait_for(
                        loop.sock_recvfrom(target, 100), 20)
                    assert data == b"%d" % turn
                    ports.add(peer)
                    await client.connect()
                    client.writers[turn].close()
                assert len(ports) == 1
    asyncio.run(main())


def test_answers_use_the_connections_that_are_left(serve):
    async def main():
        _, port, _ = serve("tcp")
        async with Client("127.0.0.1", port, size=4) as client:
            for i in range(4):
                assert await client.ask(b"%d" % i, i) == b"%d" % i
            for writer in client.writers[:3]:
                writer.close()
                await writer.wait_closed()
            lost = 0
            for i in range(100):
                client.send(b"%d" % i, 3)
                try:
                    await asyncio.wait_for(client.got.get(), 5)
                except TimeoutError:
                    lost += 1
            # Only what was on its way to a closed connection.
            assert lost <= 3
    asyncio.run(main())


def test_answers_on_any_connection_are_taken(dial):
    async def main():
        async with Server(lambda _, data: [data], spread=True) as server:
            loop = asyncio.get_running_loop()
            _, port = await loop.run_in_executor(None, dial, server.port,
                                                 False)
            sock, ask = await udp_client(port)
            for i in range(500):
                assert await ask(b"%d" % i) == b"%d" % i
            sock.close()
    asyncio.run(main())


def test_each_source_is_a_session_of_its_own(dial):
    async def main():
        async with Server(lambda _, data: [data]) as server:
            loop = asyncio.get_running_loop()
            _, port = await loop.run_in_executor(
                None, dial, server.port, False, "-n", "3")
            clients = [await udp_client(port) for _ in range(5)]
            for _, ask in clients:
                assert await ask(b"hello") == b"hello"
            while len(server.seen) < 15:
                await asyncio.sleep(0.01)
            assert len(set(server.seen)) == 5
            for sock, _ in clients:
                sock.close()
    asyncio.run(main())


def test_connections_that_a_server_closes_are_made_again(dial):
    """With the same identifier."""
    async def main():
        async with Server(lambda _, data: [data]) as server:
            loop = asyncio.get_running_loop()
            _, port = await loop.run_in_executor(
                None, dial, server.port, False, "-n", "2")
            sock, ask = await udp_client(port)
            assert await ask(b"hello") == b"hello"
            while len(server.seen) < 2:
                await asyncio.sleep(0.01)
            for writer in list(server.sessions[server.seen[0]]):
                writer.close()
            while len(server.seen) < 4:
                await asyncio.sleep(0.01)
            assert await ask(b"again") == b"again"
            assert len(set(server.seen)) == 1
            sock.close()
    asyncio.run(asyncio.wait_for(main(), 30))


def test_sni_is_the_name_that_is_checked(ca, dial, start):
    """None for an address, nor without a check of names."""
    asked = []

    async def main():
        context = server_context(*ca.issue("server"))
        context.sni_callback = lambda sock, name, ctx: asked.append(name)
        loop = asyncio.get_running_loop()
        async with Server(lambda _, data: [data], context) as server:
            for host, more in [("127.0.0.1", []), ("localhost", []),
                               ("127.0.0.1", ["--tls-servername",
                                              "localhost"]),
                               ("localhost", ["--no-hostname-check"])]:
                def run(host=host, more=more):
                    port = free_port()
                    p = start("uotp-client", "-C", ca.pem, "-n", "1", "-p",
                              port, *more, host, server.port)
                    p.wait(READY)
                    with harness.Udp(port) as s:
                        assert s.ask(b"hello") == b"hello"
                    p.stop()
                await loop.run_in_executor(None, run)
    asyncio.run(main())
    assert asked == [None, "localhost", "localhost", None]


@pytest.mark.parametrize("names", [
    ["localhost"], ["127.0.0.1"], ["::1"], ["a.example", "*.b.example"]],
    ids=" ".join)
def test_python_accepts_gencert_in_strict_mode(adit, start, echo, tmp_path,
                                               names):
    """As Python 3.13 does it by default: VERIFY_X509_STRICT."""
    harness.run(adit, "gencert", "-d", tmp_path, *names)
    port = free_port()
    start("uotp-server", "-a", "127.0.0.1", "-p", port, "-c",
          tmp_path / "server.pem", "-k", tmp_path / "server.key", "-C",
          tmp_path / "ca.pem", "127.0.0.1", echo).wait(READY)
    name = names[-1].replace("*", "x")

    async def main():
        context = client_context(tmp_path / "ca.pem",
                                 tmp_path / "client.pem",
                                 tmp_path / "client.key")
        async with Client("127.0.0.1", port, context, name) as client:
            assert await client.ask(b"hello") == b"hello"
    asyncio.run(main())


def test_python_server_uses_gencert_in_strict_mode(certs, start):
    async def main():
        context = server_context(certs / "server.pem", certs / "server.key",
                                 certs / "ca.pem")
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        loop = asyncio.get_running_loop()
        async with Server(lambda _, data: [data], context) as server:
            port = free_port()
            p = start("uotp-client", "-C", certs / "ca.pem", "-c",
                      certs / "client.pem", "-k", certs / "client.key", "-p",
                      port, "localhost", server.port)
            await loop.run_in_executor(None, p.wait, READY)
            sock, ask = await udp_client(port)
            assert await ask(b"hello") == b"hello"
            sock.close()
    asyncio.run(main())
