# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""WireGuard through the TLS pool, by what README.md says, word for word.

Only addresses and keys are replaced.  A client, a router and a server, each in
a namespace; WireGuard is wireguard-go, which wg-quick starts."""

import json
import os
import re
import signal
import time

import pytest

import harness
import readme
from harness import READY, need, until
from machines import LONG, bar

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


class Vpn:
    """The three machines, and the processes on them."""

    def __init__(self, machine, start, way, old_names):
        need("wg", "wg-quick", "wireguard-go", "nft", "ping", "iperf3",
             "ss")
        self.start = start
        self.old_names = old_names
        self.client = machine("client")
        self.router = machine("router")
        self.server = machine("server")
        self.cables()
        self.keys = {}
        for who in "SERVER", "CLIENT":
            key = self.server.run("wg", "genkey").stdout.strip()
            self.keys[f"{who}-PRIVATE-KEY"] = key
            self.keys[f"{who}-PUBLIC-KEY"] = self.server.sh(
                f"echo {key} | wg pubkey").stdout.strip()
        self.server_side()
        self.client_side(way)

    def cables(self):
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

    def adit(self, machine, line):
        """Starts a daemon by its command line."""
        words = line.split()
        assert words[0] == "adit", line
        if self.old_names:
            del words[0]
        process = self.start(*machine.prefix, *words)
        process.wait(READY)
        return process

    def configure(self, machine, text):
        for name, key in self.keys.items():
            text = text.replace(name, key)
        path = machine.etc / "wireguard" / "wg0.conf"
        path.write_text(text)
        path.chmod(0o600)

    def server_side(self):
        found = readme.blocks("On the server")
        typed = readme.of_language(found, "sh")
        self.server.sh(one(typed, "gencert"))
        self.server_line = one(typed, "uotp-server")
        self.adit_server = self.adit(self.server, self.server_line)
        self.configure(self.server, one(readme.of_language(found, "ini"),
                                        "ListenPort"))
        self.server.sh(one(typed, "wg-quick"))

    def client_side(self, way):
        found = readme.blocks("On the client")
        typed = readme.of_language(found, "sh")
        # By a way that we trust.
        copy = one(typed, "scp").split()
        assert copy[1] == "root@vpn.example.com:/etc/adit/ca.pem"
        assert copy[2] == "/etc/adit/ca.pem"
        (self.client.etc / "adit" / "ca.pem").write_bytes(
            (self.server.etc / "adit" / "ca.pem").read_bytes())
        line = one(typed, "uotp-client")
        conf = one(readme.of_language(found, "ini"), "Endpoint")
        if way != "plain":
            conf, changed = re.subn("(?m)^AllowedIPs = .*$",
                                    "AllowedIPs = 0.0.0.0/0", conf)
            assert changed == 1
            more = readme.blocks(ALL)
            if way == "mark":
                line = one(readme.of_language(more, "sh"), "--mark")
                added = one(readme.of_language(more, "ini"), "FwMark")
            else:
                added = one(readme.of_language(more, "ini"), "PreUp")
            conf = conf.replace("[Interface]\n", "[Interface]\n" + added)
        self.adit_client = self.adit(self.client, line)
        self.configure(self.client, conf)
        up, ping = one(typed, "wg-quick").splitlines()
        self.client.sh(up)
        # It goes on for ever otherwise.
        self.ping = ping + " -c 3 -i 0.2"

    def pings(self, machine=None):
        """Whether the last line of the recipe works."""
        done = (machine or self.client).sh(self.ping)
        return " 3 received" in done.stdout

    def pool(self):
        """Local ports of the client's connections."""
        shown = self.client.run("ss", "-Htn", "state", "established", "dst",
                                SERVER, "dport", "=", ":443").stdout
        return [int(port) for port in re.findall(
            r"10\.79\.0\.77:(\d+)\s", shown)]

    def reset(self, port):
        """Resets one of them, on both sides."""
        self.client.run("ss", "-Kn", "dst", SERVER, "dport", "=", ":443",
                        "sport", "=", f":{port}")

    def sessions(self):
        """How many the server has seen."""
        since = self.adit_server.mark()
        self.adit_server.send_signal(signal.SIGUSR1)
        return int(self.adit_server.wait(r"flows now, (\d+) in all",
                                         since=since)[1])


@pytest.fixture
def vpn(machine, start):
    made = []

    def vpn(way, old_names=False):
        made.append(Vpn(machine, start, way, old_names))
        assert made[0].pings()
        return made[0]

    yield vpn
    for v in made:
        v.client.sh("wg-quick down wg0")
        v.server.sh("wg-quick down wg0")


WAYS = pytest.mark.parametrize("way,old_names", [
    ("plain", False), ("mark", False), ("route", True)],
    ids=["plain", "mark", "route-and-old-names"])
ALL_TRAFFIC = pytest.mark.parametrize(
    "way", ["mark", "route"] if LONG else ["mark"])


@WAYS
def test_the_recipe_carries_pings_and_iperf3(vpn, figures, way, old_names):
    v = vpn(way, old_names)
    assert len(until("a pool", lambda: len(v.pool()) == 8 and v.pool())) == 8
    # All traffic means all traffic.
    v.client.run("ping", "-c", "1", "-W", "1", BEYOND,
                 status=1 if way == "plain" else 0)
    v.start(*v.server.prefix, "iperf3", "-s", "-B", "10.77.0.1",
            "--forceflush").wait("Server listening")
    for direction in [], ["-R"]:
        done = v.client.run("iperf3", "-J", "-c", "10.77.0.1", "-t",
                            SECONDS, *direction, timeout=SECONDS + 30)
        end = json.loads(done.stdout)["end"]
        mbit = end["sum_received"]["bits_per_second"] / 1e6
        figures(f"iperf3 TCP {' '.join(direction) or 'up'} {SECONDS} s: "
                f"{mbit:.0f} Mbit/s, "
                f"{end['sum_sent']['retransmits']} retransmits")
        assert mbit > bar(20, 1)
    assert v.pings()
    assert v.sessions() == 1


@ALL_TRAFFIC
def test_traffic_is_back_soon_after_the_server_is(vpn, figures, way):
    """Killed with -9, away for 5 s, started again; a ping every 20 ms."""
    v = vpn(way)
    ping = v.start(*v.client.prefix, "ping", "-D", "-n", "-i", "0.02",
                   "10.77.0.1")
    waited = []
    for _ in range(3 if LONG else 1):
        ping.wait("bytes from", count=20, since=ping.mark())
        v.adit_server.kill()
        # This is the promise, no wait for something.
        time.sleep(5)
        since, began = ping.mark(), time.time()
        v.adit_server = v.adit(v.server, v.server_line)
        back = ping.wait(r"\[([\d.]+)\] \d+ bytes from", since=since)
        waited.append(float(back[1]) - began)
        assert 0 < waited[-1] < bar(2, 6)
    figures("traffic was back after " +
            ", ".join(f"{w:.2f}" for w in waited) + " s")
    ping.stop(signal.SIGINT)
    assert v.pings()


@ALL_TRAFFIC
def test_a_connection_reset_each_second_costs_little(vpn, figures, way):
    """No flow is lost, and less than 1 % of paced datagrams."""
    v = vpn(way)
    until("a pool", lambda: len(v.pool()) == 8)
    v.start(*v.server.prefix, "adit", "echo", "10.77.0.1:7777").wait(
        "listening on")
    seconds = SECONDS if LONG else 6
    paced = v.start(*v.client.prefix, "adit", "ping", "--json", "-q", "-r",
                    "500", "-s", "400", "-t", seconds, "10.77.0.1:7777")
    resets, began = 0, time.monotonic()
    while time.monotonic() - began < seconds - 1:
        port = v.pool()[resets % 4]
        v.reset(port)
        if port in v.pool():
            paced.kill()
            pytest.skip("this kernel cannot reset connections (ss -K)")
        resets += 1
        time.sleep(max(0, began + resets - time.monotonic()))
    assert paced.exit_status(seconds + 20) == 0
    sums = json.loads(paced.text().splitlines()[-1])
    lost = 1 - sums["received"] / sums["sent"]
    figures(f"{resets} resets in {seconds} s: {sums['sent']} sent, "
            f"{100 * lost:.3f} % lost; full buffers of sockets: "
            f"{v.client.full_buffers()} on the client, "
            f"{v.server.full_buffers()} on the server")
    assert lost < bar(0.01, 0.03)
    assert v.sessions() == 1
    assert "flow 2" not in v.adit_client.text()
    assert " ended: " not in v.adit_client.text()
    until("the pool is whole", lambda: len(v.pool()) == 8)


def test_the_files_of_contrib_are_those_of_the_readme():
    """Comments and the second way of the all-traffic file aside."""
    folder = os.path.join(os.path.dirname(readme.README), "contrib",
                          "examples", "wireguard")

    def bare(path):
        with open(os.path.join(folder, path)) as f:
            return re.sub(r"(?m)^#.*\n|^\n", "", f.read())

    def of(heading, what):
        found = readme.of_language(readme.blocks(heading), "ini")
        return re.sub(r"(?m)^\n", "", [t for t in found if what in t][0])

    assert bare("server/wg0.conf") == of("On the server", "ListenPort")
    conf = of("On the client", "Endpoint")
    assert bare("client/wg0.conf") == conf
    assert bare("client/wg0-all.conf") == conf.replace(
        "MTU = 1420\n", "MTU = 1420\n" + of(ALL, "PreUp")).replace(
        "10.77.0.0/24", "0.0.0.0/0")
