# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A peer in Python for both roles of uotp: a pool of TCP or TLS connections,
each 16 bytes of session identifier and then frames of a 16-bit big-endian
length and a payload.  Written from the description of the protocol."""

import asyncio
import itertools
import ssl
import uuid


def frame(data):
    return len(data).to_bytes(2, "big") + data


async def read_frame(reader):
    """The payload of the next frame; None at a clean end."""
    try:
        head = await reader.readexactly(2)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return await reader.readexactly(int.from_bytes(head, "big"))


class Client:
    """One session: a pool of connections, datagrams out and in."""

    def __init__(self, host, port, context=None, name=None, size=8):
        self.where = host, port, context, name
        self.size = size
        self.id = uuid.uuid4().bytes
        self.got = asyncio.Queue()
        self.writers = []
        self.tasks = []

    async def __aenter__(self):
        for _ in range(self.size):
            await self.connect()
        self.turn = itertools.cycle(range(self.size))
        return self

    async def connect(self):
        host, port, context, name = self.where
        reader, writer = await asyncio.open_connection(
            host, port, ssl=context,
            server_hostname=(name or host) if context else None)
        writer.write(self.id)
        self.writers.append(writer)
        self.tasks.append(asyncio.create_task(self.receive(reader)))
        return writer

    async def receive(self, reader):
        while (data := await read_frame(reader)) is not None:
            await self.got.put(data)

    def send(self, data, connection=None):
        if connection is None:
            connection = next(self.turn)
        self.writers[connection].write(frame(data))

    async def ask(self, data, connection=None):
        self.send(data, connection)
        return await asyncio.wait_for(self.got.get(), 20)

    async def __aexit__(self, *_):
        for writer in self.writers:
            writer.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class Server:
    """Takes sessions and answers each datagram by fn(session, data), a list
    of datagrams, on the connection where it came or on the next one."""

    def __init__(self, fn, context=None, spread=False):
        self.fn = fn
        self.context = context
        self.spread = spread
        self.sessions = {}      # identifier: writers
        self.seen = []          # identifiers, one for each connection
        self.peer_certs = []
        self.errors = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(
            self.serve, "127.0.0.1", 0, ssl=self.context)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def serve(self, reader, writer):
        try:
            session = await reader.readexactly(16)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.errors.append(error)
            return
        self.seen.append(session)
        if self.context:
            self.peer_certs.append(writer.get_extra_info("peercert"))
        writers = self.sessions.setdefault(session, [])
        writers.append(writer)
        turn = 0
        try:
            while (data := await read_frame(reader)) is not None:
                for answer in self.fn(session, data):
                    turn += 1
                    out = writers[turn % len(writers)] if self.spread \
                        else writer
                    out.write(frame(answer))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            self.errors.append(error)
        finally:
            writers.remove(writer)
            writer.close()

    async def __aexit__(self, *_):
        self.server.close()
        for writers in self.sessions.values():
            for writer in writers:
                writer.close()
        await asyncio.sleep(0)


def server_context(cert, key, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(ca, cert=None, key=None):
    context = ssl.create_default_context(cafile=ca)
    # What Python 3.13 does by default.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if cert is not None:
        context.load_cert_chain(cert, key)
    return context
