# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""WireGuard by what README.md says, word for word.

Only addresses and keys are replaced.  A client, a router and a server, each in
a namespace; WireGuard is wireguard-go, which wg-quick starts."""

import json

import readme
from harness import READY, need
from machines import LONG

# The README's addresses, and what they are here.
ADDRESSES = {"203.0.113.5": "10.78.0.5", "192.168.1.1": "10.79.0.1"}
SERVER = ADDRESSES["203.0.113.5"]
BEYOND = "10.80.0.1"    # can be reached through the tunnel only
SECONDS = 60 if LONG else 3
ALL = "All traffic through the tunnel"


def here(text):
    for theirs, ours in ADDRESSES.items():
        text = text.replace(theirs, ours)
    return text


def one(found, what):
    """The only one of these that contains that."""
    found = [text for text in found if what in text]
    assert len(found) == 1, f"README.md: {len(found)} times {what!r}"
    return here(found[0])


def line(found, what):
    """The only line of these that contains that."""
    return one("".join(found).splitlines(), what)


class Site:
    """The three machines, and the processes on them."""

    def __init__(self, machine, start, *tools):
        need("nft", "ping", "iperf3", "ss", *tools)
        self.start = start
        self.client = machine("client")
        self.router = machine("router")
        self.server = machine("server")
        c, r, s = self.client, self.router, self.server
        c.connect("eth0", r, "lan")
        s.connect("eth0", r, "wan")
        c.up("eth0", "10.79.0.77/24")
        r.up("lan", "10.79.0.1/24")
        r.up("wan", "10.78.0.1/24")
        s.up("eth0", SERVER + "/24")
        c.ip("route", "add", "default", "via", "10.79.0.1")
        s.ip("route", "add", "default", "via", "10.78.0.1")
        s.ip("address", "add", BEYOND + "/32", "dev", "lo")
        r.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
        for m in c, s:
            with open(m.etc / "hosts", "a") as f:
                f.write(f"{SERVER} vpn.example.com\n")

    def adit(self, machine, typed, old_names=False):
        """Starts a daemon by its command line."""
        words = typed.split()
        assert words[0] == "adit", typed
        if old_names:
            del words[0]
        process = self.start(*machine.prefix, *words)
        process.wait(READY)
        return process

    def copy(self, typed):
        """Does what scp would: a way that we trust."""
        words = typed.split()
        assert words[:1] == ["scp"] and len(words) == 3, typed
        host, path = words[1].split(":")
        assert host == "root@vpn.example.com"
        source = self.server.etc / path.removeprefix("/etc/")
        target = self.client.etc / words[2].removeprefix("/etc/")
        target.write_bytes(source.read_bytes())

    def route_by(self, rules):
        """Rules of nft in the router."""
        path = self.router.folder / "rules"
        path.write_text(rules)
        self.router.run("nft", "-f", path)

    def iperf3(self, figures, address, *more, serve=True):
        """TCP up and down, in Mbit/s."""
        if serve:
            self.start(*self.server.prefix, "iperf3", "-s", "-B", address,
                       "--forceflush").wait("Server listening")
        all_mbit = []
        for direction in [], ["-R"]:
            for attempt in range(3):
                done = self.client.run("iperf3", "-J", "-c", address, "-t",
                                       SECONDS, *direction, *more,
                                       timeout=SECONDS + 30)
                end = json.loads(done.stdout)["end"]
                if "sum_received" in end:
                    break
                # Its server was busy with the end of the last test.
                figures("iperf3 had no sums: " + done.stdout[-300:])
            mbit = end["sum_received"]["bits_per_second"] / 1e6
            figures(f"iperf3 TCP {' '.join(direction) or 'up'} {SECONDS} s: "
                    f"{mbit:.0f} Mbit/s, "
                    f"{end['sum_sent']['retransmits']} retransmits")
            all_mbit.append(mbit)
        return all_mbit


class Wireguard(Site):
    """With WireGuard on client and server, and the README's files for it."""

    def __init__(self, machine, start):
        super().__init__(machine, start, "wg", "wg-quick", "wireguard-go")
        self.keys = {}
        for who in "SERVER", "CLIENT":
            key = self.server.run("wg", "genkey").stdout.strip()
            self.keys[f"{who}-PRIVATE-KEY"] = key
            self.keys[f"{who}-PUBLIC-KEY"] = self.server.sh(
                f"echo {key} | wg pubkey").stdout.strip()

    def up(self, machine, text, typed):
        """Writes wg0.conf and starts WireGuard by that line."""
        for name, key in self.keys.items():
            text = text.replace(name, key)
        path = machine.etc / "wireguard" / "wg0.conf"
        path.write_text(text)
        path.chmod(0o600)
        machine.sh(typed)

    def pings(self, machine=None):
        """Whether the last line of the recipe works; it goes on for ever
        otherwise."""
        typed = line(readme.of_language(readme.blocks("On the client"), "sh"),
                     "ping ")
        done = (machine or self.client).sh(typed + " -c 3 -i 0.2")
        return " 3 received" in done.stdout

    def down(self):
        self.client.sh("wg-quick down wg0")
        self.server.sh("wg-quick down wg0")
