# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Paths that drop long packets and do not report it, under the carriers over
TCP: a lower MSS is found."""

import time

import pytest

import harness
from machines import bar
from test_paths import Bench

CARRIERS = "tls", "tcp", "uott", "tun/tls"
BAR_S = bar(10, 15)


def drop(hole):
    return (f"ip protocol tcp ip length > {hole} drop",)


class HoleBench(Bench):
    """No segments of several packets, which the middle would see as one; with
    a hole, that is there when the clients start."""

    def __init__(self, machine, start, adit, folder, hole=None):
        self.hole = hole
        super().__init__(machine, start, adit, folder)

    def dial(self, carrier):
        if carrier not in CARRIERS:
            return
        if carrier == CARRIERS[0]:
            for machine, *devices in (self.client, "eth0"), \
                    (self.server, "eth0"), (self.middle, "lan", "wan"):
                for device in devices:
                    machine.ip("link", "set", device, "gso_max_segs", "1")
            if self.hole:
                self.event(*drop(self.hole))
        super().dial(carrier)


@pytest.fixture
def bench(machine, start, adit, tmp_path):
    made = []

    def make(hole=None):
        made.append(HoleBench(machine, start, adit, tmp_path, hole))
        return made[0]
    yield make
    for probe in made[0].probes.values() if made else ():
        probe.end()


@pytest.mark.parametrize("hole, size", [(1000, 1200), (1300, 1300)])
def test_a_black_hole_from_the_start(bench, figures, hole, size):
    b = bench(hole)
    event = time.monotonic()
    for carrier in CARRIERS:
        b.probe(carrier, size=size)
    b.measure(figures, event, BAR_S)


@pytest.mark.parametrize("hole, size", [(1000, 1200), (1300, 1300)])
def test_a_black_hole_later(bench, figures, hole, size):
    b = bench()
    for carrier in CARRIERS:
        b.probe(carrier, size=size)
    for carrier, probe in b.probes.items():
        harness.until(f"{carrier} answers", lambda: probe.answers)
    time.sleep(6)
    b.event(*drop(hole))
    b.measure(figures, time.monotonic(), BAR_S)
