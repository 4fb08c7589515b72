# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""udp2tcp and udp2tcp-listen: the wire of mullvad's udp-over-tcp."""

import os
import socket
import struct

import harness
from harness import READY, free_port

SIZES = 0, 1, 1400, 9000, 65507


def frame(data):
    return struct.pack(">H", len(data)) + data


def read_frame(stream):
    size, = struct.unpack(">H", stream.read(2))
    return stream.read(size)


def test_a_peer_that_knows_the_wire_is_served_by_our_port(start, echo):
    port = free_port()
    p = start("tunnel", f"udp2tcp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.settimeout(harness.PATIENCE)
        with s.makefile("rb") as stream:
            for data in map(os.urandom, SIZES):
                s.sendall(frame(data))
                assert read_frame(stream) == data
            # Three frames in one piece, and one byte by byte.
            s.sendall(frame(b"a") + frame(b"") + frame(b"c"))
            assert [read_frame(stream) for _ in range(3)] == [
                b"a", b"", b"c"]
            for byte in frame(b"slow"):
                s.sendall(bytes([byte]))
            assert read_frame(stream) == b"slow"
    p.wait(r"flow 1: .* ended: the client has gone")


def test_our_client_speaks_to_a_server_that_knows_the_wire(start, udp):
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(harness.PATIENCE)
        p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
                  f"udp2tcp:127.0.0.1:{listener.getsockname()[1]}")
        p.wait(READY)
        source = udp(port)
        source.send(b"first")
        for data in b"first", b"first again":
            # The second connection is for the flow that lost its first one.
            s, _ = listener.accept()
            s.settimeout(harness.PATIENCE)
            with s, s.makefile("rb") as stream:
                assert read_frame(stream) == data
                for more in map(os.urandom, SIZES):
                    source.send(more)
                    assert read_frame(stream) == more
                    s.sendall(frame(more))
                    assert source.recv(70000) == more
            if data == b"first":
                p.wait("flow 1 is losing connections")
                source.send(b"first again")
