# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Reload: a process follows its files without a restart."""

import signal

import pytest

from harness import READY, Udp, free_port

RELOADED = r"INFO .*: reloaded: "


class Daemon:
    """adit run, with a file whose tunnels the test changes."""

    def __init__(self, adit, start, path):
        self.path = path
        self.sections = {}
        self.daemon = ""
        self._adit, self._start = adit, start
        self.process = None

    def set(self, name, left, right, *more):
        self.sections[name] = "\n".join(
            [f"[tunnel {name}]", f"left = {left}", f"right = {right}",
             *more, ""])

    def udp(self, name, port, to, *more):
        self.set(name, f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{to}",
                 *more)

    def write(self):
        self.path.write_text("\n".join([self.daemon,
                                        *self.sections.values()]))

    def run(self, *options):
        self.write()
        self.process = self._start(self._adit, "run", "-c", self.path,
                                   *options)
        self.process.wait(READY)
        return self.process

    def reload(self, says=RELOADED):
        """Waits for a line with these words; returns the mark before."""
        self.write()
        mark = self.process.mark()
        self.process.send_signal(signal.SIGHUP)
        self.process.wait(says, since=mark)
        return mark


@pytest.fixture
def daemon(adit, start, tmp_path):
    return Daemon(adit, start, tmp_path / "adit.conf")


def test_tunnels_come_and_go(daemon, echo):
    a, b, c = (free_port() for _ in range(3))
    daemon.udp("a", a, echo)
    daemon.udp("b", b, echo)
    daemon.run()
    with Udp(a) as u, Udp(b) as v, Udp(c) as w:
        assert u.ask(b"one") == b"one"
        assert v.ask(b"one") == b"one"
        del daemon.sections["b"]
        daemon.udp("c", c, echo)
        daemon.reload("reloaded: 1 tunnels as before, 0 changed, 0 started "
                      "again, 1 added, 1 removed, 0 with a fault")
        assert u.ask(b"two") == b"two"
        assert w.ask(b"two") == b"two"
        # Its port is free again.
        daemon.udp("d", b, echo)
        daemon.reload("2 tunnels as before, .* 1 added, 0 removed")
        assert v.ask(b"two") == b"two"
        assert u.ask(b"three") == b"three"
    process = daemon.process
    assert process.stop() == 0
    process.wait(r" a: flow 1: .* ended: shutting down; .* up 3 datagrams")


def test_a_changed_tunnel_starts_again_on_its_port(daemon, start, adit, echo):
    a = free_port()
    daemon.udp("a", a, free_port())
    daemon.udp("b", free_port(), echo)
    daemon.run()
    daemon.udp("a", a, echo)
    daemon.reload("1 tunnels as before, 0 changed, 1 started again")
    with Udp(a) as u:
        assert u.ask(b"hello") == b"hello"
