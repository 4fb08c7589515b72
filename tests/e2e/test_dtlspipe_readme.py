# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The examples that dtlspipe's own README and help give, typed as they stand
there, under the old name: one machine has the public address, the other is
"your machine"."""

import re

import pytest

from harness import READY, need

pytestmark = pytest.mark.usefixtures("dtls")

SERVER, CLIENT = "203.0.113.11", "203.0.113.77"
ASIDE = "203.0.113.128"     # not the server, and in AllowedIPs
ALLOWED = """\
0.0.0.0/1, 128.0.0.0/2, 192.0.0.0/5, 200.0.0.0/7, 202.0.0.0/8, 203.0.0.0/18, \
203.0.64.0/19, 203.0.96.0/20, 203.0.112.0/24, 203.0.113.0/29, 203.0.113.8/31, \
203.0.113.10/32, 203.0.113.12/30, 203.0.113.16/28, 203.0.113.32/27, \
203.0.113.64/26, 203.0.113.128/25, 203.0.114.0/23, 203.0.116.0/22, \
203.0.120.0/21, 203.0.128.0/17, 203.1.0.0/16, 203.2.0.0/15, 203.4.0.0/14, \
203.8.0.0/13, 203.16.0.0/12, 203.32.0.0/11, 203.64.0.0/10, 203.128.0.0/9, \
204.0.0.0/6, 208.0.0.0/4, 224.0.0.0/3, ::/0"""
GROUPS = ["example.org:20000-50000",
          "192.168.0.0/16,10.0.0.0/8,172.16.0.0-172.31.255.255:50000-60000"]


class Pair:
    """The two machines, with a key."""

    def __init__(self, machine, start, adit):
        self.start = start
        self.server, self.client = machine("server"), machine("client")
        self.server.connect("eth0", self.client, "eth0")
        self.server.up("eth0", SERVER + "/24", ASIDE + "/24")
        self.client.up("eth0", CLIENT + "/24")
        for m in self.server, self.client:
            (m.folder / "bin" / "dtlspipe").symlink_to(adit)
            with open(m.etc / "hosts", "a") as f:
                f.write(f"{SERVER} example.org\n")
        self.psk = self.server.run("dtlspipe", "genpsk").stdout.strip()
        assert re.fullmatch("[0-9a-f]{32}", self.psk)

    def daemon(self, machine, *words, says=READY, env=()):
        """Starts one; PSK stands for the key."""
        process = self.start(*machine.prefix, "env", *env,
                             *(self.psk if w == "PSK" else w for w in words))
        process.wait(says)
        return process

    def echo(self, port):
        self.daemon(self.server, "adit", "echo", f"127.0.0.1:{port}",
                    says="listening on")

    def pings(self, *more, port=2816):
        """Echoes come back to the client."""
        self.client.run("adit", "ping", "-q", "-c", "10", "-r", "50", *more,
                        f"127.0.0.1:{port}")


@pytest.fixture
def pair(machine, start, adit, monkeypatch):
    monkeypatch.delenv("DTLSPIPE_PSK", raising=False)
    return Pair(machine, start, adit)


@pytest.mark.parametrize("verify", [[], ["-skip-hello-verify=false"]],
                         ids=["default", "hello-verify"])
def test_generic_case(pair, verify):
    pair.echo(514)
    pair.daemon(pair.server, "dtlspipe", "-psk", "PSK", *verify, "server",
                "0.0.0.0:2815", "127.0.0.1:514")
    pair.daemon(pair.client, "dtlspipe", "-psk", "PSK", "client",
                "127.0.0.1:2816", SERVER + ":2815")
    pair.pings()
    pair.pings("-s", "1400")


def test_the_key_may_stand_in_the_environment(pair):
    env = ["DTLSPIPE_PSK=" + pair.psk]
    pair.echo(514)
    pair.daemon(pair.server, "dtlspipe", "server", "0.0.0.0:2815",
                "127.0.0.1:514", env=env)
    pair.daemon(pair.client, "dtlspipe", "client", "127.0.0.1:2816",
                SERVER + ":2815", env=env)
    pair.pings()


def test_wireguard(pair):
    """All traffic but that to the server goes through the tunnel."""
    need("wg", "wg-quick", "wireguard-go", "nft", "ping")
    pair.daemon(pair.server, "dtlspipe", "-psk", "PSK", "server",
                "0.0.0.0:2815", "127.0.0.1:51820")
    pair.daemon(pair.client, "dtlspipe", "-psk", "PSK", "client",
                "127.0.0.1:2816", SERVER + ":2815")
    keys = {}
    for m in pair.server, pair.client:
        key = m.run("wg", "genkey").stdout.strip()
        keys[m.name] = key, m.sh(f"echo {key} | wg pubkey").stdout.strip()
    for m, other, rest, peer in (
            (pair.server, "client", "Address = 10.9.0.1/24\n"
             "ListenPort = 51820\n", "AllowedIPs = 10.9.0.2/32\n"),
            (pair.client, "server", "Address = 10.9.0.2/24\n",
             f"AllowedIPs = {ALLOWED}\nEndpoint = 127.0.0.1:2816\n")):
        path = m.etc / "wireguard" / "wg0.conf"
        path.write_text(
            f"[Interface]\nPrivateKey = {keys[m.name][0]}\nMTU = 1280\n"
            f"{rest}[Peer]\nPublicKey = {keys[other][1]}\n{peer}")
        path.chmod(0o600)
        m.sh("WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go "
             "wg-quick up wg0")
    try:
        for address in "10.9.0.1", ASIDE:
            # Without fragments, as large as the MTU allows.
            pair.client.run("ping", "-c", "3", "-i", "0.2", "-M", "do", "-s",
                            1280 - 28, address)
        shown = pair.client.run("ip", "route", "get", ASIDE).stdout
        assert "dev wg0" in shown
    finally:
        for m in pair.client, pair.server:
            m.sh("wg-quick down wg0")


def test_hopping_client_of_the_help_s_example(pair):
    """Each session has an endpoint of its own; half of them are of the first
    group, and nearly all of the others are of the largest set of the second.
    """
    need("nft")
    sessions = 40
    pair.echo(514)
    pair.daemon(pair.server, "dtlspipe", "-psk", "PSK", "-rate-limit", "",
                "server", "0.0.0.0:2815", "127.0.0.1:514")
    # All these addresses and ports are the server's.
    rules = [f"ip daddr {SERVER} udp dport 20000-50000",
             "ip daddr 192.168.0.0/16 udp dport 50000-60000",
             "ip daddr 10.0.0.0/8 udp dport 50000-60000",
             "ip daddr 172.16.0.0-172.31.255.255 udp dport 50000-60000"]
    pair.server.sh(
        "nft add table ip hop\n"
        "nft 'add chain ip hop pre { type nat hook prerouting priority -100;"
        " }'\n" + "".join(
            f"nft add rule ip hop pre {rule} counter redirect to :2815\n"
            for rule in rules) + "".join(
            f"ip route add local {net} dev lo\n"
            for net in ("192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12")))
    pair.client.sh(f"ip route add default via {SERVER}")
    client = pair.daemon(pair.client, "dtlspipe", "-psk", "PSK",
                         "-rate-limit", "", "hoppingclient",
                         "127.0.0.1:2816", *GROUPS)
    for _ in range(sessions):
        # A port of its own, so a session of its own; once in a while the
        # system gives a port again.
        pair.client.run("adit", "ping", "-q", "-c", "1",
                        "127.0.0.1:2816")
    began = client.text().count(" began")
    assert began > sessions * 3 // 4
    shown = pair.server.run("nft", "list", "table", "ip", "hop").stdout
    counts = [int(n) for n in re.findall(r"counter packets (\d+)", shown)]
    assert len(counts) == len(rules), shown
    assert sum(counts) == began, shown
    # By chance alone, they are outside of these once in 40 million runs.
    assert 4 <= counts[0] <= began - 4, shown
    assert counts[2] > counts[1], shown
