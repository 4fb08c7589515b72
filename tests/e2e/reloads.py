# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A process that the test reloads, and traffic through it meanwhile."""

import signal
import threading
import time

from harness import PATIENCE, READY, until

RELOADED = r"INFO .*: reloaded: "
RELOADS = 50
FLOWS = 100


class Daemon:
    """adit run, with a file whose tunnels the test changes."""

    def __init__(self, start, path, *adit):
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
        self.process = self._start(*self._adit, "run", "-c", self.path,
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


class Talk(threading.Thread):
    """Many flows, each with one datagram under way: a round of all in a tenth
    of a second, or as fast as answers come."""

    def __init__(self, open_socket):
        super().__init__(daemon=True)
        self.open_socket = open_socket
        self.sockets = []
        self.rounds = 0
        self.fault = None
        self.over = threading.Event()

    def run(self):
        try:
            self.sockets = [self.open_socket() for _ in range(FLOWS)]
            while not self.over.is_set():
                self.round()
        except Exception as fault:      # told by finish()
            self.fault = fault

    def round(self):
        began = time.monotonic()
        for i, s in enumerate(self.sockets):
            s.send(f"{i} {self.rounds}".encode())
        for i, s in enumerate(self.sockets):
            wanted = f"{i} {self.rounds}".encode()
            got = s.recv(100)
            assert got == wanted, f"{got} and not {wanted}"
        self.rounds += 1
        self.over.wait(max(0.0, began + 0.1 - time.monotonic()))

    def next_round(self, more=1):
        """Waits until the present one has ended, and others after it."""
        wanted = self.rounds + more
        until("answers", lambda: self.rounds >= wanted or self.fault)

    def finish(self):
        self.over.set()
        self.join(PATIENCE)
        for s in self.sockets:
            s.close()
        assert self.fault is None, repr(self.fault)


def copy_pair(pair, pem, key):
    """What a renewal does: new files under the old names."""
    for source, to in zip(pair, (pem, key)):
        new = to.with_suffix(".new")
        new.write_bytes(source.read_bytes())
        new.chmod(0o600)
        new.rename(to)
