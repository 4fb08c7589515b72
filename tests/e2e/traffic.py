# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Traffic from and to machines, as a program of its own; what it counted is
a line of JSON.

traffic.py sink PORT N: counts numbered datagrams, and those from number N on,
until SIGINT and then until nothing came for half a second.
traffic.py send PORT MBIT SIZE SECONDS: sends such, paced.
traffic.py flows PORT N RATE SECONDS: N source ports that want echoes; says
`all answered` when each had one, keeps all alive, and after SIGUSR1 sends RATE
datagrams a second, of all together.
"""

import json
import select
import signal
import socket
import struct
import sys
import time

HEAD = struct.Struct("!IId")    # flow, number, when


def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return s


def say(**what):
    print(json.dumps(what), flush=True)


def quantile(sorted_values, part):
    if not sorted_values:
        return None
    return sorted_values[min(int(len(sorted_values) * part),
                             len(sorted_values) - 1)]


def sink(port, later):
    """On one clock with the sender: delays are one way."""
    s = udp(port)
    s.bind(("127.0.0.1", port))
    s.settimeout(0.5)
    ended = []
    signal.signal(signal.SIGINT, lambda *_: ended.append(True))
    print("ready", flush=True)
    seen, size, first, last, delays = set(), 0, None, None, []
    while True:
        try:
            data = s.recv(65536)
        except TimeoutError:
            if ended:
                break
            continue
        now = time.monotonic()
        _, number, sent = HEAD.unpack_from(data)
        if number not in seen:
            seen.add(number)
            size += len(data)
            delays.append(now - sent)
        first = first or now
        last = now
    delays.sort()
    seconds = last - first if seen else 0
    say(received=len(seen), later=sum(n >= later for n in seen),
        seconds=seconds,
        mbit=size * 8 / seconds / 1e6 if seconds else 0,
        delay_p50_ms=1e3 * (quantile(delays, 0.5) or 0),
        delay_p99_ms=1e3 * (quantile(delays, 0.99) or 0))


def send(port, mbit, size, seconds):
    s = udp(port)
    s.connect(("127.0.0.1", port))
    rate = mbit * 1e6 / 8 / size
    filling = bytes(size - HEAD.size)
    sent, refused = 0, 0
    began = time.monotonic()
    while True:
        now = time.monotonic()
        due = int(min(now - began, seconds) * rate)
        while sent < due:
            try:
                s.send(HEAD.pack(0, sent, time.monotonic()) + filling)
            except OSError:
                refused += 1
            sent += 1
        if now - began >= seconds:
            break
        time.sleep(0.0005)
    say(sent=sent, refused=refused)


class Flows:
    def __init__(self, port, n):
        self.poll = select.epoll()
        self.sockets, self.answers, self.sent = {}, [0] * n, 0
        self.flows = []
        self.delays = []
        for i in range(n):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setblocking(False)
            s.connect(("127.0.0.1", port))
            self.sockets[s.fileno()] = s
            self.flows.append(s)
            self.poll.register(s, select.EPOLLIN)

    def ask(self, i):
        try:
            self.flows[i].send(HEAD.pack(i, self.sent, time.monotonic()) +
                               bytes(100))
        except OSError:
            pass
        self.sent += 1

    def listen(self, seconds):
        """Takes what comes in that time."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            for fd, _ in self.poll.poll(max(left, 0), 256):
                try:
                    data = self.sockets[fd].recv(2048)
                except OSError:
                    continue
                flow, _, sent = HEAD.unpack_from(data)
                self.delays.append(time.monotonic() - sent)
                self.answers[flow] += 1
            if left <= 0:
                return

    def forget(self):
        self.answers = [0] * len(self.flows)
        self.delays, self.sent = [], 0


def flows(port, n, rate, seconds):
    go = []
    signal.signal(signal.SIGUSR1, lambda *_: go.append(True))
    f = Flows(port, n)
    began = time.monotonic()
    # Each asks once a second until it is answered.
    while time.monotonic() - began < 300:
        silent = [i for i in range(n) if f.answers[i] == 0]
        if not silent:
            break
        pause = 1 / len(silent)
        for i in silent:
            f.ask(i)
            f.listen(pause)
    print(f"{'all' if not silent else 'not all'} answered",
          f"{time.monotonic() - began:.2f}", flush=True)
    while not go:
        for i in range(n):
            if go:
                break
            f.ask(i)
            f.listen(2 / n)
    f.listen(1)
    f.forget()
    began = time.monotonic()
    while True:
        now = time.monotonic()
        due = int(min(now - began, seconds) * rate)
        while f.sent < due:
            f.ask(f.sent % n)
        if now - began >= seconds:
            break
        f.listen(0.002)
    f.listen(2)
    f.delays.sort()
    say(sent=f.sent, received=sum(f.answers),
        flows_answered=sum(a > 0 for a in f.answers),
        rtt_p50_ms=1e3 * (quantile(f.delays, 0.5) or 0),
        rtt_p99_ms=1e3 * (quantile(f.delays, 0.99) or 0))


def main(command, *args):
    args = [float(a) if "." in a else int(a) for a in args]
    {"sink": sink, "send": send, "flows": flows}[command](*args)


if __name__ == "__main__":
    main(*sys.argv[1:])
