# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""HAProxy in front of our listening ends: both versions of its header."""

import shutil
import socket

import pytest

import harness
from harness import READY, free_port, need, until

CLIENT = "127.0.0.5"


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def haproxy(start, tmp_path):
    need("haproxy")

    def haproxy(to, how):
        port = free_port()
        config = tmp_path / "haproxy.cfg"
        config.write_text(f"""
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen all
    bind 127.0.0.1:{port}
    server adit 127.0.0.1:{to} {how} check inter 200
""")
        start(shutil.which("haproxy"), "-db", "-f", config)
        until("haproxy listens", lambda: listens(port))
        return port
    return haproxy


def talk(port, sent, wanted):
    """Sends from an address of its own, and reads as much."""
    with socket.socket() as s:
        s.settimeout(harness.PATIENCE)
        s.bind((CLIENT, 0))
        s.connect(("127.0.0.1", port))
        s.sendall(sent)
        got = b""
        while len(got) < len(wanted):
            more = s.recv(1000)
            assert more, got
            got += more
        assert got == wanted


@pytest.mark.parametrize("how", ["send-proxy", "send-proxy-v2",
                                 "send-proxy-v2 proxy-v2-options crc32c"])
@pytest.mark.parametrize("kind", ["tcp", "uott"])
def test_server_sees_the_client(kind, how, start, echo, haproxy):
    ours = free_port()
    server = start("tunnel", f"{kind}-listen:127.0.0.1:{ours},"
                   "proxy-protocol=127.0.0.1", f"udp:127.0.0.1:{echo}")
    server.wait(READY)
    port = haproxy(ours, how)
    if kind == "tcp":
        frame = b"\0\5hello"
        talk(port, b"0123456789abcdef" + frame, frame)
    else:
        frame = b"UOTT\1\0\5\0hello"
        talk(port, frame, frame)
    server.wait(rf"flow 1\b.*{CLIENT}:")
    assert "connection closed" not in server.text()


def test_header_without_the_key_is_named(start, echo, haproxy):
    ours = free_port()
    server = start("tunnel", f"tcp-listen:127.0.0.1:{ours}",
                   f"udp:127.0.0.1:{echo}")
    server.wait(READY)
    port = haproxy(ours, "send-proxy-v2")
    with pytest.raises((AssertionError, ConnectionError)):
        talk(port, b"0123456789abcdef" + b"\0\5hello", b"\0\5hello")
    server.wait("a proxy in front sends a PROXY header")
