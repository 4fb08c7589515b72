# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The end of a daemon that gives flows time."""

import signal
import socket

import pytest

import harness
from harness import READY, Udp, free_port, until

KINDS = "udp", "tcp", "tls", "uott", "udp2tcp", "dtls"
LONG = 600      # seconds, that no test waits for
IDLE = 5        # seconds, within which a test that waits for it sends again


class Pair:
    """A server that drains, and a client of it."""

    def __init__(self, start, certs, keys, kind, echo, *options):
        self.start, self.kind, self.echo = start, kind, echo
        self.port = free_port()
        at = f"127.0.0.1:{self.port}"
        left, self.right = f"{kind}-listen:{at}", f"{kind}:{at}"
        if kind == "tls":
            left += f",cert={certs}/server.pem,key={certs}/server.key"
            self.right += f",cafile={certs}/ca.pem"
        if kind == "dtls":
            left += f",psk-file={keys}"
            self.right += f",psk-file={keys}"
        if kind in ("tcp", "tls"):
            left += ",grace=0.1"
        # That of the others ends with their client.
        self.server = start("tunnel", "--idle", IDLE if kind == "udp" else 0,
                            *options, left,
                            f"udp:127.0.0.1:{echo}")
        self.server.wait(READY)
        self.entry, self.client = self.port, None
        if kind != "udp":
            self.entry = free_port()
            self.client = self.dial(self.entry)

    def dial(self, port):
        client = self.start("tunnel", f"udp-listen:127.0.0.1:{port}",
                            self.right)
        client.wait(READY)
        return client


@pytest.fixture
def pair(start, certs, tmp_path, echo):
    keys = tmp_path / "keys"
    keys.write_text("00112233445566778899aabbccddeeff\n")
    keys.chmod(0o600)

    def pair(kind, *options):
        return Pair(start, certs, keys, kind, echo, *options)
    return pair


@pytest.fixture
def app():
    """An application, whose socket makes one flow."""
    made = []

    def app(port):
        made.append(Udp(port))
        return made[-1]
    yield app
    for u in made:
        u.close()


def drain(p, seconds=LONG):
    p.send_signal(signal.SIGTERM)
    p.wait(f"shutting down: 1 flows have {seconds} s to end")


@pytest.mark.parametrize("kind", KINDS)
def test_flows_go_on_and_none_begins(pair, app, kind):
    p = pair(kind, "--drain", LONG)
    u = app(p.entry)
    assert u.ask(b"before") == b"before"
    drain(p.server)
    for i in range(10):
        assert u.ask(b"after %d" % i) == b"after %d" % i
    if kind in ("udp", "dtls"):
        if kind == "dtls":
            other = free_port()
            p.dial(other)
            app(other).send(b"new")
        else:
            app(p.entry).send(b"new")
        p.server.wait("flow refused: shutting down")
    else:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", p.port))
    assert u.ask(b"still") == b"still"
    # When the flow ends the server does.
    if p.client is not None:
        p.client.stop()
    assert p.server.exit_status() == 0
    assert p.server.text().count(" ended: ") == 1
    assert "is over" not in p.server.text()


@pytest.mark.parametrize("kind", KINDS)
def test_it_ends_when_the_time_is_over(pair, app, kind):
    p = pair(kind, "--idle", "0", "--drain", "0.5")
    u = app(p.entry)
    assert u.ask(b"before") == b"before"
    drain(p.server, "0.5")
    p.server.wait("the time for flows to end is over: 1 did not")
    assert p.server.exit_status() == 0


def test_the_peer_is_told_at_the_end(pair, app):
    p = pair("dtls", "--idle", "0", "--drain", "0.1")
    assert app(p.entry).ask(b"before") == b"before"
    drain(p.server, "0.1")
    assert p.server.exit_status() == 0
    p.client.wait("close")


def test_without_flows_it_ends_at_once(pair):
    p = pair("udp", "--drain", LONG)
    p.server.send_signal(signal.SIGTERM)
    p.server.wait(f"0 flows have {LONG} s to end")
    assert p.server.exit_status() == 0


def test_a_second_signal_ends_it_at_once(pair, app):
    for second in signal.SIGTERM, signal.SIGINT:
        p = pair("udp", "--idle", "0", "--drain", LONG)
        assert app(p.entry).ask(b"before") == b"before"
        drain(p.server)
        p.server.send_signal(second)
        assert p.server.exit_status() == 1


def test_on_a_terminal_nobody_waits(pair, app):
    p = pair("udp", "--idle", "0", "--drain", LONG)
    assert app(p.entry).ask(b"before") == b"before"
    p.server.send_signal(signal.SIGINT)
    assert p.server.exit_status() == 0
    assert "s to end" not in p.server.text()


def test_by_default_it_ends_at_once(pair, app):
    p = pair("udp", "--idle", "0")
    assert app(p.entry).ask(b"before") == b"before"
    p.server.send_signal(signal.SIGTERM)
    assert p.server.exit_status() == 0


def test_all_tunnels_of_a_file_drain(start, adit, tmp_path, echo, app):
    ports = [free_port() for _ in range(3)]
    path = tmp_path / "adit.conf"
    path.write_text(f"[daemon]\ndrain = {LONG}\n[defaults]\nidle = {IDLE}\n" +
                    "".join(f"[tunnel t{i}]\nleft = udp-listen:127.0.0.1:"
                            f"{port}\nright = udp:127.0.0.1:{echo}\n"
                            for i, port in enumerate(ports)))
    path.chmod(0o600)
    p = start(adit, "run", "-c", path)
    until("all run", lambda: p.text().count(": ready") == 3)
    apps = [app(port) for port in ports[:2]]
    for u in apps:
        assert u.ask(b"before") == b"before"
    p.send_signal(signal.SIGTERM)
    p.wait("shutting down: 2 flows have")
    p.send_signal(signal.SIGHUP)
    p.wait("nothing was changed: the program is shutting down")
    for u in apps:
        assert u.ask(b"after") == b"after"
    assert p.exit_status() == 0
    assert p.text().count("ended: idle") == 2
    assert "reloaded" not in p.text()
