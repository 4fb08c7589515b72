# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""WireGuard through the TLS pool, by what README.md says, word for word; see
wireguard.py."""

import json
import os
import re
import signal
import time

import pytest

import readme
from harness import until
from machines import LONG, bar
from wireguard import ALL, BEYOND, SECONDS, SERVER, Wireguard, line, one


class Vpn(Wireguard):
    def __init__(self, machine, start, way, old_names):
        super().__init__(machine, start)
        self.old_names = old_names
        self.server_side()
        self.client_side(way)

    def server_side(self):
        found = readme.blocks("On the server")
        typed = readme.of_language(found, "sh")
        self.server.sh(one(typed, "gencert"))
        self.server_line = one(typed, "uotp-server")
        self.serve()
        self.up(self.server, one(readme.of_language(found, "ini"),
                                 "ListenPort"), one(typed, "wg-quick"))

    def serve(self):
        self.adit_server = self.adit(self.server, self.server_line,
                                     self.old_names)

    def client_side(self, way):
        found = readme.blocks("On the client")
        typed = readme.of_language(found, "sh")
        self.copy(line(typed, "scp"))
        dial = one(typed, "uotp-client")
        conf = one(readme.of_language(found, "ini"), "Endpoint")
        if way != "plain":
            conf, changed = re.subn("(?m)^AllowedIPs = .*$",
                                    "AllowedIPs = 0.0.0.0/0", conf)
            assert changed == 1
            more = readme.blocks(ALL)
            if way == "mark":
                dial = one(readme.of_language(more, "sh"), "--mark")
                added = one(readme.of_language(more, "ini"), "FwMark")
            else:
                added = one(readme.of_language(more, "ini"), "PreUp")
            conf = conf.replace("[Interface]\n", "[Interface]\n" + added)
        self.adit_client = self.adit(self.client, dial, self.old_names)
        self.up(self.client, conf, line(typed, "wg-quick"))

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
        v.down()


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
    status = 1 if way == "plain" else 0
    v.client.run("ping", "-c", "1", "-W", 1 if status else 10, BEYOND,
                 status=status)
    for mbit in v.iperf3(figures, "10.77.0.1"):
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
        v.serve()
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
    # The last reset may be of a flow that is idle by then: what it loses comes
    # back with its traffic.
    until("the pool is whole", lambda: v.pings() and len(v.pool()) == 8)


def bare(*path):
    """A file of contrib/examples without comments."""
    with open(os.path.join(readme.TOP, "contrib", "examples", *path)) as f:
        return re.sub(r"(?m)^#.*\n|^\n", "", f.read())


def conf_of(heading, what):
    found = readme.of_language(readme.blocks(heading), "ini")
    return re.sub(r"(?m)^\n", "", [t for t in found if what in t][0])


def test_the_files_of_contrib_are_those_of_the_readme():
    """The second way of the all-traffic file aside."""
    listen = conf_of("On the server", "ListenPort")
    dial = conf_of("On the client", "Endpoint")
    assert bare("wireguard", "server", "wg0.conf") == listen
    assert bare("wireguard", "client", "wg0.conf") == dial
    assert bare("wireguard", "client", "wg0-all.conf") == dial.replace(
        "MTU = 1420\n", "MTU = 1420\n" + conf_of(ALL, "PreUp")).replace(
        "10.77.0.0/24", "0.0.0.0/0")
    mtu = conf_of("The DTLS client", "MTU")
    for side, conf in ("server", listen), ("client", dial):
        assert bare("wireguard-dtls", side, "wg0.conf") == conf.replace(
            "MTU = 1420\n", mtu)
