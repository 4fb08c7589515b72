#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Writes the tables of doc/PERFORMANCE.md from what search.sh and tun.sh
measured: tables.py RESULTS...

A cell is the median of the rounds, and the least and the most in brackets where
there is more than one.  Ratios are those within a round."""

import statistics
import sys

sys.dont_write_bytecode = True

from plots import COLOURS, label  # noqa: E402


class Rounds:
    """Values of each round, tool and measure."""

    def __init__(self, paths):
        self.values, tools = {}, []
        for path in paths:
            for line in open(path, encoding="utf-8"):
                if line.startswith("#"):
                    continue
                turn, tool, measure, value = line.rstrip("\n").split("\t")
                self.values[path + turn, tool, measure] = float(value)
                tools += [] if tool in tools else [tool]
        order = list(COLOURS)
        self.tools = sorted(tools, key=lambda t: order.index(t)
                            if t in order else len(order))

    def of(self, tool, measure, against=None):
        """All values, or what they are of the other tool's in the round."""
        found = []
        for (turn, name, what), value in self.values.items():
            if (name, what) != (tool, measure):
                continue
            if against is None:
                found.append(value)
            elif self.values.get((turn, against, measure), 0) > 0:
                found.append(value / self.values[turn, against, measure])
        return found

    def cell(self, tool, measure, div=1, digits=0, against=None):
        found = [v / div for v in self.of(tool, measure, against)]
        if not found:
            return "-"
        text = f"{statistics.median(found):,.{digits}f}"
        if len(found) > 1:
            text += f" [{min(found):,.{digits}f} {max(found):,.{digits}f}]"
        return text


# Title; the columns: name, measure, divisor, digits, of which tool.
TABLES = [
    ("Datagrams a second, in thousands, with a loss under 1 %", [
        (f"{flows} flow{'s' if flows > 1 else ''}, {size} B",
         f"rate-{size}-{flows}", 1000, 0, None)
        for flows in (1, 64) for size in (64, 512, 1400)]),
    ("512 bytes, of the GSO relay in the same round; CPU time for a datagram, "
     "both sides", [
         ("1 flow", "rate-512-1", 1, 2, "gso"),
         ("64 flows", "rate-512-64", 1, 2, "gso"),
         ("CPU, 1 flow, us", "cpu-512-1", 1, 2, None),
         ("CPU, 64 flows, us", "cpu-512-64", 1, 2, None)]),
    ("Latency", [
        ("round trip p50, us", "rtt5000", 1, 0, None),
        ("of the relay's", "rtt5000", 1, 2, "relay"),
        ("p99, us", "rtt9900", 1, 0, None),
        ("first echo, new client, ms", "first-new", 1000, 2, None),
        ("new flow, ms", "first", 1000, 2, None),
        ("voice p99 alone, ms", "voice99", 1000, 2, None),
        ("beside bulk, ms", "voice99-bulk", 1000, 2, None)]),
    ("Memory of all processes, MB", [
        (f"{count:,} flow{'' if count == 1 else 's'}", f"mem-{count}", 1024,
         1, None)
        for count in (0, 1, 64, 256, 1000)]),
    ("Idle flows", [
        ("client, bytes a flow", "idle-bytes-client", 1, 0, None),
        ("server, bytes a flow", "idle-bytes-server", 1, 0, None),
        ("CPU for a datagram at 20,000 a second, us", "idle-cpu", 1, 2,
         None),
        ("CPU of 64 flows for a datagram, us", "idle-steps", 1000, 2, None),
        ("of without", "idle-steps-share", 1, 2, None),
        ("rate of one flow beside them, of without", "idle-share", 1, 2,
         None)]),
    ("TUN devices", [
        ("one TCP stream, Mbit/s", "tun-tcp", 1, 0, None),
        ("CPU s for a GB", "tun-cpu", 1, 2, None),
        ("sent again, of 1,000", "tun-retr", 1, 1, None),
        ("UDP, Mbit/s", "tun-udp", 1, 0, None),
        ("by UDP_SEGMENT", "tun-uso", 1, 0, None),
        ("round trip p50, us", "tun-rtt50", 1, 0, None),
        ("p99, us", "tun-rtt99", 1, 0, None)]),
    ("One TCP stream by MTU of the device, Mbit/s", [
        (f"{mtu}", f"tcp-{mtu}", 1, 0, None)
        for mtu in (1280, 1420, 4000, 9000)]),
]


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: tables.py RESULTS...")
    rounds = Rounds(sys.argv[1:])
    for title, columns in TABLES:
        measures = {column[1] for column in columns}
        tools = [tool for tool in rounds.tools
                 if any((name, what) == (tool, m)
                        for _, name, what in rounds.values for m in measures)]
        if not tools:
            continue
        print(f"{title}:\n")
        print("| | " + " | ".join(column[0] for column in columns) + " |")
        print("| --- |" + " --- |" * len(columns))
        for tool in tools:
            print(f"| {label(tool)} | " + " | ".join(
                rounds.cell(tool, *column[1:]) for column in columns) + " |")
        print()


if __name__ == "__main__":
    main()
