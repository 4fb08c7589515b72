# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A new client on a long path, beside a crowd of connections from one host:
it waits hardly longer for its first answer than without them."""

import json
import math
import os
import statistics
import subprocess
import sys
import time

import pytest

from harness import READY
from machines import LONG, bar

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = 7 if LONG else 4


def far(machine, start, way_ms):
    """A server; a client so far from it; and a near host for the crowd."""
    server, client, crowd = map(machine, ("server", "client", "crowd"))
    start(sys.executable, os.path.join(HERE, "delay.py"), server.netns, "far",
          client.netns, "far", way_ms).wait("^here")
    server.up("far", "10.1.0.1/24")
    client.up("far", "10.1.0.2/24")
    server.connect("near", crowd, "near")
    server.up("near", "10.2.0.1/24")
    crowd.up("near", "10.2.0.2/24")
    return server, client, crowd


def first_answer_ms(start, client, certs):
    """The RTT of the first ping of a client that was just started; without an
    end if it has no answer."""
    p = start(*client.prefix, "adit", "uotp-client", "-C", certs / "ca.pem",
              "--tls-servername", "localhost", "10.1.0.1", "8443")
    p.wait(READY)
    done = subprocess.run(
        [*client.prefix, "adit", "ping", "--json", "-q", "-c", "1", "-w", "8",
         "127.0.0.1:8911"], capture_output=True, text=True)
    p.stop()
    rtt_ms = json.loads(done.stdout)["rtt_ms"]
    return rtt_ms["max"] if rtt_ms else math.inf


def usual_ms(start, client, certs):
    """The median, on a machine with nothing else to do; elsewhere the best:
    one whose turn never comes has none."""
    return (statistics.median if LONG else min)(
        first_answer_ms(start, client, certs) for _ in range(ROUNDS))


@pytest.mark.parametrize("way_ms", [50, 150])
@pytest.mark.parametrize("kind,per_s", [("stall", 2000), ("hello", 900)])
def test_a_new_client_waits_no_longer(machine, start, certs, figures, way_ms,
                                      kind, per_s):
    server, client, crowd = far(machine, start, way_ms)
    start(*server.prefix, "adit", "echo", "127.0.0.1:7777").wait("listening")
    uotp = start(*server.prefix, "adit", "uotp-server", "-c",
                 certs / "server.pem", "-k", certs / "server.key",
                 "127.0.0.1", "7777")
    uotp.wait(READY)
    alone = usual_ms(start, client, certs)
    strangers = start(*crowd.prefix, sys.executable,
                      os.path.join(HERE, "strangers.py"), "8443", kind,
                      100000, 60, "10.2.0.1", per_s)
    strangers.wait("^here")
    time.sleep(1)       # they are more than may be pending
    beside = usual_ms(start, client, certs)
    figures(f"{way_ms} ms each way: first answer after {alone:.0f} ms, beside "
            f"{per_s} {kind} connections a second {beside:.0f} ms; server "
            f"CPU {uotp.cpu_s():.1f} s")
    assert beside < bar(1.5, 3) * alone
