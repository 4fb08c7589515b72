# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""WireGuard over DTLS, by what README.md says, word for word; see
wireguard.py."""

import re
import signal
import time

import pytest

import readme
from harness import until
from machines import LONG, bar
from wireguard import BEYOND, SERVER, Wireguard, line, one

pytestmark = pytest.mark.usefixtures("dtls")

SERVER6, CLIENT6 = "fd00:78::5", "fd00:79::77"
LARGEST = {"IPv4": 1394, "IPv6": 1374}


class Vpn(Wireguard):
    def __init__(self, machine, start, how="tunnel", ip="IPv4",
                 everything=False):
        super().__init__(machine, start)
        if ip == "IPv6":
            self.only_ipv6()
        server, client = self.typed(how, everything)
        for typed in server[:-1]:
            self.server.sh(typed)
        self.server_line = server[-1]
        self.serve()
        for typed in client[:-1]:
            if typed.startswith("scp "):
                self.copy(typed)
            else:
                self.client.sh(typed)
        self.adit_client = self.adit(self.client, client[-1])
        self.wireguard(everything)

    def typed(self, how, everything):
        """What is typed on the server, and on the client."""
        server = readme.commands("The DTLS server")
        client = readme.commands("The DTLS client")
        if how == "dtlspipe":
            pair = readme.commands("With dtlspipe")
            server[-1], client[-1] = pair[0], pair[1]
        if everything:
            with open(readme.TOP + "/README.md") as f:
                more = re.search(r"`psk-file=FILE(,mark=[^`]*)`", f.read())
            client[-1] += more[1]
        return server, client

    def only_ipv6(self):
        c, r, s = self.client, self.router, self.server
        r.sh("echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
        for m, device, address in (
                (c, "eth0", CLIENT6), (r, "lan", "fd00:79::1"),
                (r, "wan", "fd00:78::1"), (s, "eth0", SERVER6)):
            m.ip("address", "add", address + "/64", "dev", device, "nodad")
        c.ip("route", "add", "default", "via", "fd00:79::1")
        s.ip("route", "add", "default", "via", "fd00:78::1")
        for m in c, s:
            hosts = m.etc / "hosts"
            hosts.write_text(re.sub(f"(?m)^{SERVER} ", SERVER6 + " ",
                                    hosts.read_text()))

    def serve(self):
        self.adit_server = self.adit(self.server, self.server_line)

    def wireguard(self, everything):
        """By the files of the first recipe, with the changes that the README
        tells."""
        mtu = one(readme.of_language(readme.blocks("The DTLS client"),
                                     "ini"), "MTU")
        port = re.search(r"127\.0\.0\.1:(\d+)", " ".join(
            self.adit_client.args))[1]
        for machine, heading, what in (
                (self.server, "On the server", "ListenPort"),
                (self.client, "On the client", "Endpoint")):
            found = readme.blocks(heading)
            conf = one(readme.of_language(found, "ini"), what)
            conf, changed = re.subn("(?m)^MTU = .*\n", mtu, conf)
            assert changed == 1
            conf = conf.replace("127.0.0.1:8911", f"127.0.0.1:{port}")
            if everything and machine is self.client:
                conf = conf.replace(
                    "[Interface]\n", "[Interface]\nFwMark = 0xca6c\n")
                conf = re.sub("(?m)^AllowedIPs = .*$",
                              "AllowedIPs = 0.0.0.0/0", conf)
            self.up(machine, conf, line(readme.of_language(found, "sh"),
                                        "wg-quick"))

    def set_mtu(self, mtu):
        for machine in self.client, self.server:
            machine.ip("link", "set", "wg0", "mtu", mtu)

    def translate(self, to):
        """From now on the router shows the client's association under that
        port, and knows nothing of what it did before."""
        self.route_by(f"""
            table ip nat
            delete table ip nat
            table ip nat {{
                chain pre {{
                    type filter hook prerouting priority raw
                    ct zone set {to % 1000}
                }}
                chain post {{
                    type nat hook postrouting priority srcnat
                    oifname wan udp dport 443 masquerade to :{to}
                }}
            }}
            """)


@pytest.fixture
def vpn(machine, start):
    made = []

    def vpn(*args, **options):
        made.append(Vpn(machine, start, *args, **options))
        assert made[0].pings()
        return made[0]

    yield vpn
    for v in made:
        v.down()


def pinging(v):
    """A ping every 20 ms, and a function that tells when the replies since
    its last call came."""
    ping = v.start(*v.client.prefix, "ping", "-D", "-n", "-i", "0.02",
                   "10.77.0.1")
    ping.wait("bytes from", count=20)
    seen = [ping.mark()]

    def replies(count=100):
        since = seen[0]
        ping.wait("bytes from", count=count, since=since)
        seen[0] = ping.mark()
        return [float(t) for t in re.findall(
            r"(?m)^\[([\d.]+)\] \d+ bytes from",
            "\n".join(ping.text().splitlines()[since - 1:]))]

    return ping, replies


def longest_gap(times):
    return max(b - a for a, b in zip(times, times[1:]))


@pytest.mark.parametrize("how", ["tunnel", "dtlspipe"])
def test_the_recipe_carries_pings_and_iperf3(vpn, figures, how):
    v = vpn(how)
    for mbit in v.iperf3(figures, "10.77.0.1"):
        assert mbit > bar(20, 1)
    assert v.pings()
    assert v.adit_server.text().count(" began") == 1


def test_all_traffic_goes_through_with_the_mark(vpn):
    v = vpn(everything=True)
    v.client.run("ping", "-c", "1", "-W", "10", BEYOND)


@pytest.mark.parametrize("ip", LARGEST)
def test_the_largest_mtu_is_what_the_readme_says(vpn, ip):
    """With it no packet is cut on the way, and with one byte more each large
    one is."""
    v = vpn(ip=ip)
    with open(readme.TOP + "/README.md") as f:
        assert f"{LARGEST[ip]} " in f.read()
    rule = "ip frag-off & 0x3fff != 0" if ip == "IPv4" else \
        "exthdr frag exists"
    v.route_by(f"""
        table inet cut {{
            chain pre {{
                type filter hook prerouting priority -450
                {rule} counter drop
            }}
        }}
        """)
    for more, status in (0, 0), (1, 1):
        mtu = LARGEST[ip] + more
        v.set_mtu(mtu)
        v.client.run("ping", "-c", "3", "-i", "0.2", "-W", 1 if status else
                     10, "-M", "do", "-s", mtu - 28, "10.77.0.1",
                     status=status)
        dropped = re.search(r"counter packets (\d+)", v.router.run(
            "nft", "list", "table", "inet", "cut").stdout)[1]
        assert (dropped == "0") == (more == 0)


def test_a_client_roams_without_a_stall(vpn, figures):
    """Its source port, as the server sees it, changes while it pings and
    iperf3 runs, as when a router forgets what it translated."""
    v = vpn()
    ping, replies = pinging(v)
    v.start(*v.server.prefix, "iperf3", "-s", "-B", "10.77.0.1",
            "--forceflush").wait("Server listening")
    # Until it has ended; paced, so that it does not queue up pings.
    iperf3 = v.start(*v.client.prefix, "iperf3", "-c", "10.77.0.1", "-t",
                     20 if LONG else 5, "-b", "5M", "--forceflush")
    iperf3.wait("bits/sec")
    gaps = []
    for to in (40001, 40002, 40003) if LONG else (40001, 40002):
        replies(20)
        since = v.adit_server.mark()
        v.translate(to)
        gaps.append(longest_gap(replies()))
        v.adit_server.wait(rf"moved from .* to 10\.78\.0\.1:{to}$",
                           since=since)
    figures("longest time without a reply to a ping every 20 ms while the "
            "client's port changed: " +
            ", ".join(f"{1000 * gap:.0f}" for gap in gaps) + " ms")
    assert max(gaps) < 1
    assert iperf3.exit_status(60) == 0
    ping.stop(signal.SIGINT)
    # The same association, the same flow.
    assert v.adit_server.text().count(" began") == 1
    assert "new association" not in v.adit_client.text()


@pytest.mark.parametrize("away", [0, 5, 30] if LONG else [0, 5])
def test_traffic_is_back_after_the_server_is(vpn, figures, away):
    """Killed with -9, started again after so many seconds; a ping every
    20 ms."""
    v = vpn()
    ping, replies = pinging(v)
    replies(20)
    v.adit_server.kill()
    # This is the promise, no wait for something.
    time.sleep(away)
    since, began = ping.mark(), time.time()
    v.serve()

    def replies_after():
        """What was under way when the server was killed may come late."""
        times = re.findall(r"(?m)^\[([\d.]+)\] \d+ bytes from",
                           "\n".join(ping.lines[since:]))
        return [float(t) for t in times if float(t) > began]

    waited = until("a reply", replies_after, 40)[0] - began
    figures(f"away for {away} s: traffic was back after {waited:.2f} s")
    assert 0 < waited < bar(12, 20)
    ping.stop(signal.SIGINT)
    assert v.pings()


def test_each_client_has_a_key(vpn):
    """By the README's file of keys; who has none gets no answer."""
    v = vpn()
    v.adit_server.stop()
    *keys, v.server_line = readme.commands("Several clients")
    for typed in keys:
        v.server.sh(typed)
    v.start(*v.server.prefix, "adit", "echo", "127.0.0.1:7").wait("listen")
    v.server_line = v.server_line.replace(":51820", ":7")
    v.serve()
    for port, name in (8921, "alice"), (8922, "bob"), (8923, "eve"):
        key = v.client.etc / "adit" / f"{name}.psk"
        if name == "eve":
            key.write_text("eve:" + "00" * 16 + "\n")
        else:
            v.copy(f"scp root@vpn.example.com:/etc/adit/{name}.psk "
                   f"/etc/adit/{name}.psk")
        key.chmod(0o600)
        v.adit(v.client, readme.commands("The DTLS client")[-1].replace(
            "alice", name).replace("8911", str(port)))
        v.client.run("adit", "ping", "-q", "-c", "3", "-r", "50",
                     f"127.0.0.1:{port}", status=int(name == "eve"))
        if name != "eve":
            v.adit_server.wait(rf"\b{name}\b")
    assert v.adit_server.text().count(" began") == 2
