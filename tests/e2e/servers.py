# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Two servers behind a proxy, and a client with ten addresses, as machines of
their own, by the files of contrib/examples/servers, word for word.

What the tunnels are for is a socket of the test on each server, which says
which server it is.  A tunnel of the client goes out from an address of its
own, since its route to one of the proxy's addresses has that source."""

import collections
import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import pytest

import harness
import readme
from harness import READY, until
from lan import on, udp_on

FILES = os.path.join(readme.TOP, "contrib", "examples", "servers")
PROXY = "203.0.113.5"
ADDRESSES = 10
SERVERS = {"one": "10.0.0.11", "two": "10.0.0.12"}


def need_stream_module():
    harness.need("nginx")
    with tempfile.NamedTemporaryFile("w") as f:
        f.write("load_module modules/ngx_stream_module.so; events {}")
        f.flush()
        done = subprocess.run(["nginx", "-e", "stderr", "-t", "-c", f.name],
                              capture_output=True)
    if done.returncode:
        pytest.skip("nginx has no stream module")


def source(n):
    """The client's address of tunnel n."""
    return f"203.0.113.{101 + n}"


class Answers(threading.Thread):
    """The services behind both servers."""

    def __init__(self, machines):
        super().__init__(daemon=True)
        self.sockets = {udp_on(m, "127.0.0.1", 51820): name
                        for name, m in machines.items()}
        self.seen = collections.defaultdict(set)
        self.over, self.wake = socket.socketpair()

    def run(self):
        """Answers "FLOW MORE" by "SERVER FLOW MORE"."""
        while True:
            ready, _, _ = select.select([*self.sockets, self.over], [], [])
            if self.over in ready:
                return
            for s in ready:
                data, peer = s.recvfrom(2000)
                name = self.sockets[s]
                self.seen[int(data.split()[0])].add((name, peer))
                s.sendto(name.encode() + b" " + data, peer)

    def close(self):
        self.wake.close()
        self.join()
        for s in [*self.sockets, self.over]:
            s.close()


class Flows:
    """Flows of the client, spread over its tunnels."""

    def __init__(self, machine, ports, n):
        with on(machine):
            self.sockets = [harness.Udp(ports[i % len(ports)])
                            for i in range(n)]
        self.poll = {s: i for i, s in enumerate(self.sockets)}
        self.at = {}            # server by flow
        self.rounds = 0

    def round(self, flows=None, pause=0.1):
        """Asks on each of these, again and again until it is answered;
        returns when each was, in seconds from now, and notes by whom."""
        self.rounds += 1
        missing = set(range(len(self.sockets)) if flows is None else flows)
        words = f"{self.rounds}"
        began = time.monotonic()
        took, due = {}, began
        while missing:
            now = time.monotonic()
            assert now < began + harness.PATIENCE, f"no answer: {missing}"
            if now >= due:
                due = now + pause
                for i in missing:
                    try:
                        self.sockets[i].send(f"{i} {words}".encode())
                    except ConnectionRefusedError:
                        pass
            ready, _, _ = select.select(self.sockets, [], [],
                                        max(0, due - time.monotonic()))
            for s in ready:
                try:
                    server, flow, answer = s.recv(2000).decode().split()
                except ConnectionRefusedError:
                    continue
                assert int(flow) == self.poll[s]
                if answer == words and int(flow) in missing:
                    missing.discard(int(flow))
                    took[int(flow)] = time.monotonic() - began
                    self.at[int(flow)] = server
        return took

    def on(self, server):
        return {i for i, at in self.at.items() if at == server}

    def close(self):
        for s in self.sockets:
            s.close()


class Site:
    def __init__(self, machine, adit):
        harness.need("ip", "nft", "ss")
        self.proxy = machine("proxy")
        self.client = machine("client")
        self.servers = {name: machine(name) for name in SERVERS}
        self._cables()
        self._files(adit)
        self.answers = Answers(self.servers)
        self.answers.start()

    def begin(self, start):
        """A test begins: nothing runs."""
        self.start = start
        self.processes = {}
        self.answers.seen.clear()
        # What a recipe has set.
        self.proxy.sh("nft flush ruleset; "
                      "ip rule del fwmark 1 2>/dev/null || :")
        for m in self.servers.values():
            shutil.copy(os.path.join(FILES, "server", "adit.conf"),
                        m.etc / "adit")

    def _cables(self):
        p, c = self.proxy, self.client
        c.connect("eth0", p, "wan")
        outside = [f"203.0.113.{21 + n}" for n in range(ADDRESSES)]
        p.sh("".join(f"ip address add {address}/24 dev wan\n"
                     for address in [PROXY, *outside]) +
             "ip link set wan up\nip link add lan type bridge\n"
             "ip address add 10.0.0.2/24 dev lan\nip link set lan up")
        c.sh("".join(f"ip address add {source(n)}/24 dev eth0\n"
                     for n in range(ADDRESSES)) + "ip link set eth0 up\n" +
             "".join(f"ip route add {outside[n]} dev eth0 src {source(n)}\n"
                     for n in range(ADDRESSES)))
        for name, address in SERVERS.items():
            m = self.servers[name]
            p.connect(name, m, "eth0")
            p.ip("link", "set", name, "master", "lan", "up")
            m.sh(f"ip address add {address}/24 dev eth0\n"
                 "ip link set eth0 up\nip route add default via 10.0.0.2")
        with open(c.etc / "hosts", "a") as f:
            f.write(f"{PROXY} vpn.example.com\n")

    def _files(self, adit):
        one = self.servers["one"].etc / "adit"
        harness.run(adit, "gencert", "-d", one, "vpn.example.com")
        with open(one / "alice.psk", "w") as f:
            f.write(harness.run(adit, "genpsk", "alice").stdout)
        shutil.copy(one / "alice.psk", one / "keys")
        for path in one / "alice.psk", one / "keys":
            path.chmod(0o600)
        shutil.copytree(one, self.servers["two"].etc / "adit",
                        dirs_exist_ok=True)
        for name in "ca.pem", "alice.psk":
            shutil.copy(one / name, self.client.etc / "adit")

    def serve(self, name, more="", direct=False):
        """Starts a server, perhaps with more keys for its tunnel `tls`, and
        without a proxy in front."""
        m = self.servers[name]
        path = m.etc / "adit" / "adit.conf"
        text = path.read_text().replace("[tunnel tls]\n",
                                        "[tunnel tls]\n" + more)
        if direct:
            text = re.sub("(?m)^left.proxy-protocol .*\n", "", text)
        path.write_text(text)
        p = self.start(*m.prefix, "adit", "run")
        p.wait(READY)
        self.processes[name] = p
        return p

    def proxy_file(self, name):
        with open(os.path.join(FILES, "proxy", name)) as f:
            return f.read()

    def haproxy(self):
        path = self.proxy.folder / "haproxy.cfg"
        path.write_text(self.proxy_file("haproxy.cfg"))
        p = self.start(*self.proxy.prefix, "haproxy", "-db", "-f", path)
        until("haproxy listens", lambda: ":443" in self.proxy.run(
            "ss", "-Hltn").stdout)
        return p

    def nginx(self, text=None):
        path = self.proxy.folder / "nginx.conf"
        path.write_text(text or self.proxy_file("nginx.conf"))
        p = self.start(*self.proxy.prefix, "nginx", "-e", "stderr", "-c",
                       path, "-g", "daemon off;")
        until("nginx listens", lambda: ":443" in self.proxy.run(
            "ss", "-Hlun").stdout)
        return p

    def route(self):
        """The proxy's machine is a router only."""
        self.proxy.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.client.ip("route", "replace", "10.0.0.0/24", "via", PROXY)

    def dial(self, kind, tunnels=ADDRESSES, to=None):
        """Starts the client, whose tunnels are those of the example, each by
        an address of its own, or all to one HOST:PORT; returns their
        ports."""
        with open(os.path.join(FILES, "client", "adit.conf")) as f:
            text = f.read()
        section = re.search(rf"(?ms)^\[tunnel {kind}\]\n.*?(?=^\[|\Z)",
                            text)[0]
        port = int(re.search(r"127\.0\.0\.1:(\d+)", section)[1])
        made = []
        for n in range(tunnels):
            one = section.replace(f"[tunnel {kind}]", f"[tunnel {kind}{n}]")
            one = one.replace(f":{port}", f":{20000 + n}")
            one = one.replace("vpn.example.com:443",
                              to or f"203.0.113.{21 + n}:443")
            if kind == "tls":
                one = one.rstrip() + "\nright.name = vpn.example.com\n"
            made.append(one.rstrip())
        (self.client.etc / "adit" / "adit.conf").write_text(
            "\n\n".join(made) + "\n")
        self.adit = self.start(*self.client.prefix, "adit", "run")
        self.adit.wait(READY)
        return [20000 + n for n in range(tunnels)]

    def close(self):
        self.answers.close()
