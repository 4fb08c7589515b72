#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Draws what run.sh, search.sh and tun.sh measured: plots.py FOLDER RESULTS...

Writes performance-*.svg into the folder, one for each question that the results
answer.  Values are medians, thin lines reach from the least to the most; below
each plot are the commands, the days and the machine that it comes from."""

import math
import os
import re
import statistics
import sys
from xml.sax.saxutils import escape

WIDTH = 700
INK, PALE, GRID = "#222", "#666", "#e3e3e3"
COLOURS = {
    "direct": "#ececec",
    "relay1": "#d0d0d0", "relay": "#b3b3b3", "gso1": "#8f8f8f",
    "gso": "#6b6b6b", "veth": "#6b6b6b",
    "udp-udp": "#7b4fa3", "ip_udp": "#7b4fa3",
    "tcp": "#6fa8dc", "tls": "#1f5fa6", "uott": "#3c8d4f",
    "dtls": "#d9542b", "dtls-cbc": "#f0a375",
    "quicktun": "#b08d2e", "fastd_null": "#d3bf6a",
    "openvpn_gcm": "#8a5a44", "openvpn_tcp": "#c49a84",
    "wireguard_go": "#b5477d", "udptunnel": "#444444",
    "uotp-tcp": "#c9b8a0", "uotp-tls": "#a08a6a", "uott-py": "#9ccfa6",
    "dtlspipe": "#c0392b", "dtlspipe-gcm": "#e59a92", "udp2tcp": "#50a5a0",
    "socat-dtls": "#b0628b",
}
LABELS = {
    "direct": "generator alone",
    "relay1": "relay, 1 hop", "relay": "relay, 2 hops",
    "gso1": "GSO relay, 1 hop", "gso": "GSO relay, 2 hops",
    "udp-udp": "adit udp-listen, udp", "tcp": "adit tcp",
    "tls": "adit tls", "uott": "adit uott", "dtls": "adit dtls, AES-GCM",
    "dtls-cbc": "adit dtls, AES-CBC", "ip_udp": "adit ip-udp",
    "veth": "no tunnel", "fastd_null": "fastd, null",
    "openvpn_gcm": "OpenVPN, AES-GCM", "openvpn_tcp": "OpenVPN over TCP",
    "wireguard_go": "wireguard-go", "quicktun": "quicktun, raw",
    "none-udp": "adit udp-listen, udp, without",
    "none-uott": "adit uott, without",
    "none-dtls": "adit dtls, AES-GCM, without",
    "none-tls": "adit tls, pool=1, without",
    "many-udp": "adit udp-listen, udp", "many-uott": "adit uott",
    "many-dtls": "adit dtls, AES-GCM", "many-tls": "adit tls, pool=1",
}


class Results:
    """Values of each tool and measure, and where they come from."""

    def __init__(self, paths):
        self.values, self.tools, self.heads = {}, [], []
        for path in paths:
            for line in open(path, encoding="utf-8"):
                self.read(line.rstrip("\n"))

    def read(self, line):
        if line.startswith("#"):
            self.heads.append(line[2:].split("; "))
            return
        _, tool, measure, value = line.split("\t")
        if tool not in self.tools:
            self.tools.append(tool)
        entry = self.values.setdefault((tool, measure), ([], []))
        entry[0].append(float(value))
        entry[1].append(len(self.heads) - 1)

    def middle(self, tool, measure):
        """Median, least and most; None without any."""
        if (tool, measure) not in self.values:
            return None
        values = self.values[tool, measure][0]
        return statistics.median(values), min(values), max(values)

    def having(self, measures):
        """The tools that have one of these, those without a tunnel first."""
        order = list(COLOURS)
        tools = [t for t in self.tools
                 if any((t, m) in self.values for m in measures)]
        return sorted(tools, key=lambda t: order.index(t) if t in order
                      else len(order) + self.tools.index(t))

    def source(self, measures):
        """What is below a plot: lines of text."""
        used = sorted({at for (_, m), entry in self.values.items()
                       if m in measures for at in entry[1]})
        heads = [self.heads[at] for at in used if at >= 0]
        lines = []
        for head in heads:
            command = re.sub(r" --(out|port|only|append|rounds|against)"
                             r"( (\"[^\"]*\"|[^- ][^ ]*))?", "", head[-1])
            if command not in lines:
                lines.append(command)
        if heads:
            days = sorted({head[0][:10] for head in heads})
            lines.append(", ".join(days) + ", " + heads[-1][3] + ", " +
                         heads[-1][2] + ", " + heads[-1][1])
        return lines


class Svg:
    """A picture in the making."""

    def __init__(self, title, height, source):
        self.height, self.source, self.parts = height, source, []
        self.text(16, 24, title, size=15, weight="bold")

    def add(self, part):
        self.parts.append(part)

    def text(self, x, y, words, size=12, anchor="start", colour=INK,
             weight="normal", turn=""):
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
                 f'text-anchor="{anchor}" font-weight="{weight}" '
                 f'fill="{colour}"{turn}>{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, colour=GRID, width=1):
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" '
                 f'y2="{y2:.1f}" stroke="{colour}" '
                 f'stroke-width="{width}"/>')

    def box(self, x, y, width, height, colour, title):
        self.add(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                 f'height="{max(height, 0):.1f}" fill="{colour}">'
                 f'<title>{escape(title)}</title></rect>')

    def path(self, points, colour, title):
        words = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.add(f'<polyline points="{words}" fill="none" '
                 f'stroke="{colour}" stroke-width="2.2" '
                 f'stroke-linejoin="round"><title>{escape(title)}</title>'
                 '</polyline>')

    def vertical(self, x, y, words):
        """A title of the axis at the left."""
        self.text(x, y, words, anchor="middle", colour=PALE,
                  turn=f' transform="rotate(-90 {x:.1f} {y:.1f})"')

    def legend(self, tools, top, columns=4):
        """Names in their colours; returns where it ends."""
        step = (WIDTH - 32) / columns
        for at, tool in enumerate(tools):
            x = 16 + at % columns * step
            y = top + at // columns * 18
            self.box(x, y - 10, 12, 12, colour(tool), label(tool))
            self.text(x + 18, y, label(tool))
        return top + (len(tools) + columns - 1) // columns * 18

    def whole(self):
        bottom = self.height + 8
        for words in self.source:
            for part in wrapped(words, 112):
                bottom += 14
                self.text(16, bottom, part, size=10, colour=PALE)
        bottom += 10
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
                f'height="{bottom}" viewBox="0 0 {WIDTH} {bottom}" '
                'font-family="sans-serif">\n'
                f'<rect width="{WIDTH}" height="{bottom}" fill="#fff"/>\n' +
                "\n".join(self.parts) + "\n</svg>\n")


def wrapped(words, width):
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("   ")
        lines[-1] += (" " if lines[-1].strip() else "") + word
    return lines


def colour(tool):
    return COLOURS.get(tool.removesuffix("@old"), "#000000")


def label(tool):
    name = tool.removesuffix("@old")
    return LABELS.get(name, name) + (", before" if name != tool else "")


def ticks(most):
    """Round numbers from 0 to at least that, about five."""
    step = 10 ** math.floor(math.log10(most / 4 or 1))
    for factor in (1, 2, 5, 10):
        if step * factor * 5 >= most:
            step *= factor
            break
    count = math.ceil(most / step)
    return [i * step for i in range(count + 1)]


def number(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) \
        else f"{value:.1f}"


def groups(svg, results, left, right, top, bottom, tools, cells, div, most):
    """Bars of each tool in groups: cells are of (name, measure)."""
    for tick in most:
        y = bottom - (bottom - top) * tick / most[-1]
        svg.line(left, y, right, y)
        svg.text(left - 6, y + 4, number(tick), anchor="end", size=11,
                 colour=PALE)
    step = (right - left) / len(cells)
    wide = min(step * 0.9 / len(tools), 40)
    for at, (name, measure) in enumerate(cells):
        x = left + at * step + (step - wide * len(tools)) / 2
        svg.text(left + (at + 0.5) * step, bottom + 16, name,
                 anchor="middle")
        for tool in tools:
            found = results.middle(tool, measure)
            if found:
                mid, least, high = (v / div for v in found)
                tall = [(bottom - top) * v / most[-1]
                        for v in (mid, least, high)]
                svg.box(x, bottom - tall[0], wide * 0.88, tall[0],
                        colour(tool), f"{label(tool)}, {name}: "
                        f"{mid:,.1f} ({least:,.1f} to {high:,.1f})")
                svg.line(x + wide * 0.44, bottom - tall[1],
                         x + wide * 0.44, bottom - tall[2], INK)
            x += wide
    svg.line(left, bottom, right, bottom, INK)


def highest(results, tools, measures, div):
    return max(results.middle(t, m)[2] for t in tools for m in measures
               if results.middle(t, m)) / div


def cells_of(results, kind):
    """Sizes and numbers of flows that were measured."""
    found = {tuple(int(p) for p in m.split("-")[1:])
             for _, m in results.values if m.startswith(kind + "-")}
    return (sorted({size for size, _ in found}),
            sorted({flows for _, flows in found}))


def throughput(results):
    """Datagrams a second by payload, for each number of flows."""
    sizes, flows = cells_of(results, "rate")
    measures = [f"rate-{s}-{f}" for s in sizes for f in flows]
    tools = results.having(measures)
    svg = Svg("Datagrams delivered one way with a loss under 1 %", 0,
              results.source(measures))
    # run.sh alone sends some datagrams of a flow in a row.
    drawn = any("--search" in words for words in svg.source)
    top = svg.legend(tools, 50) + 26
    most = ticks(highest(results, tools, measures, 1000))
    for count in flows:
        svg.text(70, top - 8, f"{count} flow" + ("s" if count > 1 else "") +
                 (", in random order" if count > 1 and drawn else ""))
        groups(svg, results, 70, WIDTH - 16, top, top + 200, tools,
               [(f"{s} bytes", f"rate-{s}-{count}") for s in sizes], 1000,
               most)
        svg.vertical(20, top + 100, "thousands a second")
        top += 262
    svg.height = top - 46
    return svg


def cpu(results):
    """CPU for a datagram, both sides."""
    sizes, flows = cells_of(results, "cpu")
    cells = [(f"{s} bytes, {f} flow" + ("s" if f > 1 else ""),
              f"cpu-{s}-{f}") for f in flows for s in sizes]
    measures = [m for _, m in cells]
    tools = results.having(measures)
    svg = Svg("CPU time for a datagram at 8/10 of the highest rate, both "
              "sides", 0, results.source(measures))
    top = svg.legend(tools, 50) + 16
    groups(svg, results, 70, WIDTH - 16, top, top + 240, tools, cells, 1,
           ticks(highest(results, tools, measures, 1)))
    svg.vertical(20, top + 120, "microseconds")
    svg.height = top + 262
    return svg


def log_axis(svg, least, most, left, right, top, bottom, unit):
    """Vertical lines at round numbers; returns where a value is."""
    low, high = math.log10(least), math.log10(most)

    def place(value):
        return left + (right - left) * (math.log10(value) - low) / \
            ((high - low) or 1)
    factors = (1, 2, 5) if high - low > 1 else (1, 1.5, 2, 3, 5, 7)
    for power in range(math.floor(low), math.ceil(high) + 1):
        for factor in factors:
            value = factor * 10 ** power
            if least <= value <= most:
                svg.line(place(value), top, place(value), bottom)
                svg.text(place(value), bottom + 16, number(value),
                         anchor="middle", size=11, colour=PALE)
    svg.text((left + right) / 2, bottom + 34, unit, anchor="middle",
             colour=PALE)
    return place


def round_trips(results):
    """The distribution of round trips."""
    # The last of a thousand are what else the machine did.
    measures = sorted({m for _, m in results.values
                       if re.fullmatch(r"rtt\d+", m) and
                       100 <= int(m[3:]) <= 9900}, key=lambda m: int(m[3:]))
    tools = results.having(measures)
    svg = Svg("Round trips that took at most so long, to the 99th of 100", 0,
              results.source(measures))
    top = svg.legend(tools, 50) + 8
    left, right, bottom = 70, WIDTH - 20, top + 260
    times = [results.middle(t, m)[0] for t in tools for m in measures]
    place = log_axis(svg, max(min(times) * 0.9, 1), max(times) * 1.1, left,
                     right, top, bottom, "microseconds")
    for share in range(0, 101, 20):
        y = bottom - (bottom - top) * share / 100
        svg.line(left, y, right, y, INK if share == 0 else GRID)
        svg.text(left - 6, y + 4, f"{share} %", anchor="end", size=11,
                 colour=PALE)
    for tool in tools:
        svg.path([(place(max(results.middle(tool, m)[0], 1)),
                   bottom - (bottom - top) * int(m[3:]) / 10000)
                  for m in measures], colour(tool),
                 f"{label(tool)}: p50 {results.middle(tool, 'rtt5000')[0]} "
                 f"p99 {results.middle(tool, 'rtt9900')[0]} us")
    svg.height = bottom + 36
    return svg


def heights(top, bottom, low, high, is_log):
    """Where values are, and the ticks beside them."""
    if not is_log:
        marks = ticks(high)
        return marks, lambda v: bottom - (bottom - top) * v / marks[-1]
    marks = [10 ** power for power in range(math.floor(math.log10(low)),
                                            math.ceil(math.log10(high)) + 1)]
    whole = math.log10(marks[-1] / marks[0])
    return marks, lambda v: bottom - (bottom - top) * \
        math.log10(v / marks[0]) / whole


def curves(results, kind, title, unit_x, unit_y, div, is_log=False):
    """A line for each tool over a number that is in the measure's name."""
    points = sorted({int(m.split("-")[1]) for _, m in results.values
                     if m.startswith(kind)})
    measures = [f"{kind}{p}" for p in points]
    tools = results.having(measures)
    svg = Svg(title, 0, results.source(measures))
    top = svg.legend(tools, 50) + 8
    left, right, bottom = 70, WIDTH - 24, top + 240
    least = min(results.middle(t, m)[0] for t in tools for m in measures
                if results.middle(t, m)) / div
    marks, place = heights(top, bottom, least,
                           highest(results, tools, measures, div), is_log)
    for tick in marks:
        y = place(tick)
        svg.line(left, y, right, y, INK if tick == marks[0] else GRID)
        svg.text(left - 6, y + 4, number(tick), anchor="end", size=11,
                 colour=PALE)
    step = (right - left - 60) / max(len(points) - 1, 1)
    for at, point in enumerate(points):
        x = left + 30 + at * step
        svg.line(x, top, x, bottom)
        svg.text(x, bottom + 16, number(point), anchor="middle", size=11,
                 colour=PALE)
    for tool in tools:
        line = [(left + 30 + at * step,
                 place(results.middle(tool, m)[0] / div))
                for at, m in enumerate(measures) if results.middle(tool, m)]
        svg.path(line, colour(tool), label(tool))
        for (x, y), m in zip(line, [m for m in measures
                                    if results.middle(tool, m)]):
            svg.box(x - 3, y - 3, 6, 6, colour(tool), f"{label(tool)}: "
                    f"{results.middle(tool, m)[0] / div:,.1f}")
    svg.text((left + right) / 2, bottom + 34, unit_x, anchor="middle",
             colour=PALE)
    svg.vertical(20, (top + bottom) / 2, unit_y)
    svg.height = bottom + 36
    return svg


def memory(results):
    return curves(results, "mem-", "Memory of all processes by flows",
                  "flows", "MB, shared pages in parts", 1024, True)


def tun_mtu(results):
    return curves(results, "tcp-", "One TCP stream through a TUN device",
                  "MTU of the device, bytes", "Gbit/s", 1000)


def tun(results):
    """TCP and UDP through TUN devices."""
    cells = [(name, m) for name, m in (
        ("one TCP stream", "tun-tcp"), ("UDP, loss under 1 %", "tun-udp"),
        ("UDP by UDP_SEGMENT", "tun-uso"))
        if any(m == other for _, other in results.values)]
    measures = [m for _, m in cells]
    tools = [t for t in results.having(measures)
             if t != "veth" and "_single" not in t]
    svg = Svg("Through TUN devices, MTU 1420", 0, results.source(measures))
    top = svg.legend(tools, 50) + 16
    groups(svg, results, 70, WIDTH - 16, top, top + 240, tools, cells, 1000,
           ticks(highest(results, tools, measures, 1000)))
    svg.vertical(20, top + 120, "Gbit/s")
    svg.height = top + 262
    return svg


PLOTS = [("throughput", "rate-", throughput), ("cpu", "cpu-", cpu),
         ("rtt", "rtt", round_trips), ("memory", "mem-", memory),
         ("tun", "tun-tcp", tun), ("tun-mtu", "tcp-", tun_mtu)]


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: plots.py FOLDER RESULTS...")
    results = Results(sys.argv[2:])
    for name, begin, draw in PLOTS:
        if not any(m.startswith(begin) for _, m in results.values):
            continue
        path = os.path.join(sys.argv[1], f"performance-{name}.svg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(draw(results).whole())
        print(path)


if __name__ == "__main__":
    main()
