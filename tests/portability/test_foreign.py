# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Each carrier between a program for a different machine and one of this
machine, in both roles.

ADIT_FOREIGN is the program for the other machine, as one that this machine can
run (tests/portability/run.sh makes a script with the emulator); ADIT is its
peer.  ADIT_FOREIGN_AT_ONCE is how many datagrams are sent without waiting:
qemu-user for big-endian machines does not convert the control message of
UDP_SEGMENT, so that the kernel does not cut what leaves in one call.
ADIT_NO_ADDRESSES is set where the emulator keeps getifaddrs() from coming back:
there are no TUN devices then."""

import os
import socket
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))

import harness                                          # noqa: E402
from harness import READY, free_port                    # noqa: E402
from machines import Machine                            # noqa: E402
from test_pairs import CARRIERS, SIZES                  # noqa: E402
from tunnels import Vpn                                 # noqa: E402

FOREIGN = os.environ.get("ADIT_FOREIGN")
NO_ADDRESSES = "ADIT_NO_ADDRESSES" in os.environ
AT_ONCE = int(os.environ.get("ADIT_FOREIGN_AT_ONCE", "20"))

pytestmark = pytest.mark.skipif(not FOREIGN, reason="ADIT_FOREIGN is not set")
roles = pytest.mark.parametrize("role", ("accepts", "dials"))


@roles
@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_foreign_program(start, adit, certs, udp, role, carrier):
    """It takes datagrams of all sizes both ways, of several sources, one by
    one and many at once."""
    accepts, dials = (FOREIGN, adit) if role == "accepts" else (adit, FOREIGN)
    between, here = free_port(), free_port()
    accepting, dialling = (spec.format(port=between, certs=certs)
                           for spec in CARRIERS[carrier])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind(("127.0.0.1", 0))
        target.settimeout(harness.PATIENCE)
        start(accepts, "tunnel", accepting,
              f"udp:127.0.0.1:{target.getsockname()[1]}").wait(READY)
        start(dials, "tunnel", f"udp-listen:127.0.0.1:{here}",
              dialling).wait(READY)
        for source in udp(here), udp(here):
            for size in SIZES:
                # Not an echo: what comes back is something else.
                up, down = os.urandom(size), os.urandom(size)
                source.send(up)
                data, peer = target.recvfrom(70000)
                assert data == up
                target.sendto(down, peer)
                assert source.recv(70000) == down
        # Equal sizes at once may leave in one call, which the kernel cuts.
        sent = [os.urandom(100) for _ in range(AT_ONCE)]
        for data in sent:
            source.send(data)
        assert sorted(target.recv(70000) for _ in sent) == sorted(sent)
        for data in sent:
            target.sendto(data, peer)
        assert sorted(source.recv(70000) for _ in sent) == sorted(sent)


class Mixed(Vpn):
    """The server's program, and the client's."""

    def __init__(self, machines, start, ca, kind, programs):
        super().__init__(
            lambda name: machines(name, programs[name != "server"]),
            start, ca, kind)


@pytest.fixture
def machines(tmp_path):
    made = []

    def machine(name, program):
        made.append(Machine(name, tmp_path / name, program))
        return made[-1]
    yield machine
    for one in made:
        one.end()


@pytest.mark.skipif(NO_ADDRESSES,
                    reason="getifaddrs() hangs in this emulator")
@roles
@pytest.mark.parametrize("kind", ["tcp", "dtls", "ip-udp"])
def test_the_foreign_program_has_a_tun_device(machines, start, ca, adit, role,
                                              kind):
    programs = (FOREIGN, adit) if role == "accepts" else (adit, FOREIGN)
    v = Mixed(machines, start, ca, kind, programs)
    c = v.client()
    v.serve()
    v.dial(c)
    # Fragments are sent at once, and so are requests that a busy machine has
    # let wait.
    size = 8000 if AT_ONCE > 1 else 1200
    for m, hosts in (c, ("10.8.0.1", "fd08::1")), \
            (v.server, ("10.8.0.11", "fd08::11")):
        for to in hosts:
            if AT_ONCE > 1:
                m.answered(5, "-i", 0.02, to)
            for _ in range(3):
                m.answered(1, "-s", size, to)
