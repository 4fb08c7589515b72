# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What an idle flow costs: memory, and nothing for those that are busy."""

import os
import resource
import socket

import pytest

from harness import READY, free_port, until
from test_pairs import CARRIERS

# Bytes of heap for a flow, accepting end and dialling one, which has the socket
# to the target or the local port, too; sockets are the system's.  All flows
# come from one host.  A TLS flow has one connection.
BOUNDS = {
    "udp": (565, None),
    "uott": (615, 500),
    "dtls": (1900, 2200),
    "tcp": (1700, 3900),
    "tls": (7400, 9400),
}
FLOWS = {"udp": 3000, "uott": 3000, "dtls": 600, "tcp": 600, "tls": 300}
FIRST = 50      # whatever is allocated once, is there then
BATCH = 25
MANY = "--max-flows=10000"


@pytest.fixture
def descriptors():
    """So many as we may have."""
    was = resource.getrlimit(resource.RLIMIT_NOFILE)
    if was[1] < 4000:
        pytest.skip("this system gives us few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(was[1], 8000), was[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, was)


def heap(process):
    """Its private memory that was written to, in bytes."""
    with open(f"/proc/{process.pid}/smaps_rollup") as f:
        for line in f:
            if line.startswith("Private_Dirty:"):
                return 1024 * int(line.split()[1])
    return 0


class Flows:
    """Sockets, each of which has had an answer."""

    def __init__(self, port):
        self.port = port
        self.sockets = []

    def open(self, n):
        """Some at a time, so that no buffer overflows."""
        for _ in range(0, n, BATCH):
            new = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                   for _ in range(BATCH)]
            self.sockets += new
            for s in new:
                s.setblocking(False)
                s.connect(("127.0.0.1", self.port))
            for _ in range(2):
                self.ask(new)

    def ask(self, sockets):
        """Each sends again until it is answered."""
        waiting = list(sockets)

        def answered():
            for s in list(waiting):
                try:
                    s.recv(2000)
                    waiting.remove(s)
                except BlockingIOError:
                    pass
            if waiting and answered.tries % 100 == 0:
                for s in waiting:
                    s.send(b"an idle flow")
            answered.tries += 1
            return not waiting

        answered.tries = 0
        until("all are answered", answered, 60)

    def close(self):
        for s in self.sockets:
            s.close()


def measure(start, certs, carrier, target):
    """Bytes for an idle flow, of each process of a tunnel."""
    between, here = free_port(), free_port()
    accepting, dialling = (spec.format(port=between, certs=certs)
                           for spec in CARRIERS[carrier])
    if dialling.startswith(("tcp:", "tls:")):
        dialling += ",pool=1"
    if carrier == "udp":
        halves = [start("tunnel", f"udp-listen:127.0.0.1:{here}", target,
                        MANY)]
        halves[0].wait(READY)
    else:
        halves = [start("tunnel", accepting, target, MANY),
                  start("tunnel", f"udp-listen:127.0.0.1:{here}", dialling,
                        MANY)]
        for process in halves:
            process.wait(READY)
    flows = Flows(here)
    try:
        flows.open(FIRST)
        before = [heap(process) for process in halves]
        flows.open(FLOWS[carrier])
        # Handshakes are freed when their last datagrams can not come again.
        return [(heap(process) - was) / FLOWS[carrier]
                for process, was in zip(halves, before)]
    finally:
        flows.close()


@pytest.mark.parametrize("carrier", BOUNDS)
def test_an_idle_flow_takes_little_memory(start, adit, certs, echo, figures,
                                          descriptors, carrier):
    with open(adit, "rb") as f:
        if b"__asan_init" in f.read():
            pytest.skip("AddressSanitizer takes much more")
    # What is allocated for a while, as for handshakes that take long on a busy
    # machine, is not of idle flows, and only adds: the least of an end counts.
    tries = []
    for _ in range(3):
        tries.append(measure(start, certs, carrier, f"udp:127.0.0.1:{echo}"))
        least = [min(end) for end in zip(*tries)]
        if all(n <= bound for n, bound in zip(least, BOUNDS[carrier])):
            break
    figures(f"{carrier}: heap for an idle flow: " +
            ", ".join(f"{n:.0f}" for n in least) + " bytes")
    for n, bound in zip(least, BOUNDS[carrier]):
        assert n <= bound
