# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The VPN in one command, by what README.md says, word for word."""

import os
import re

import pytest

import readme
from harness import until
from machines import bar
from wireguard import Site, here

FAR = "10.81.0.1"   # a host that the client reaches by the VPN only


class Vpn(Site):
    """With a second client, whom the README calls bob."""

    def __init__(self, machine, start, carrier):
        super().__init__(machine, start)
        self.second = machine("second")
        self.second.connect("eth0", self.router, "lan2")
        self.second.up("eth0", "10.82.0.77/24")
        self.router.up("lan2", "10.82.0.1/24")
        self.second.ip("route", "add", "default", "via", "10.82.0.1")
        (self.second.etc / "hosts").write_text(
            (self.client.etc / "hosts").read_text())
        self.router.ip("address", "add", FAR + "/32", "dev", "lo")
        self.route_by(f"""
            table inet far {{
                chain input {{
                    type filter hook input priority 0
                    iifname {{ lan, lan2 }} ip daddr {FAR} drop
                }}
            }}
            """)
        if carrier == "dtls":
            self.keys()
            *before, serve = readme.commands("The VPN server")
            dial, self.ping = readme.commands("The VPN client")
        else:
            name = self.certificates()
            *before, serve, dial = readme.commands("Over TLS")
            before = [re.sub("client-[0-9a-f]+", name, typed)
                      for typed in before]
            self.ping = readme.commands("The VPN client")[-1]
        for typed in before:
            self.server.sh(typed)
        self.adit_server = self.adit(self.server, serve)
        self.dial = dial
        self.adit_client = self.adit(self.client, dial)

    def keys(self):
        """As in the recipes before."""
        for typed in (*readme.commands("The DTLS server")[:-1],
                      *readme.commands("Several clients")[:-1]):
            self.server.sh(typed)
        for name in "alice", "bob":
            self.give(self.client if name == "alice" else self.second,
                      f"{name}.psk")

    def certificates(self):
        said = self.server.sh(readme.commands("On the server")[0])
        for name in "ca.pem", "client.pem", "client.key":
            self.give(self.client, name)
        return re.search("named (client-[0-9a-f]+)",
                         said.stdout + said.stderr).group(1)

    def give(self, machine, name):
        to = machine.etc / "adit" / name
        to.write_bytes((self.server.etc / "adit" / name).read_bytes())
        to.chmod(0o600)

    def pings(self, machine=None, status=0):
        # It goes on for ever otherwise.
        wait = 1 if status else 10
        (machine or self.client).sh(
            self.ping + f" -c 3 -i 0.2 -W {wait}", status=status)


@pytest.fixture
def vpn(machine, start):
    def vpn(carrier):
        v = Vpn(machine, start, carrier)
        v.pings()
        return v
    return vpn


@pytest.mark.parametrize("carrier", ["dtls", "tls"])
def test_the_recipe_carries_pings_and_iperf3(vpn, figures, carrier):
    v = vpn(carrier)
    for mbit in v.iperf3(figures, "10.88.0.1"):
        assert mbit > bar(20, 1)
    v.pings()


@pytest.mark.parametrize("carrier", ["dtls", "tls"])
def test_everything_goes_through_it(vpn, carrier):
    """And what remains of it is gone with the program."""
    v = vpn(carrier)
    server, client = [text for language, text in
                      readme.blocks("Everything through the VPN")]
    dial = v.dial.replace("10.88.0.2/24", "10.88.0.2/24,route=default")
    assert carrier != "dtls" or client.strip() == dial
    ping = "ping", "-c", "1", FAR, "-W"
    v.client.run(*ping, 1, status=1)
    v.server.sh(here(server))
    v.adit_client.stop()
    v.adit_client = v.adit(v.client, dial)
    v.adit_client.wait("IPv4 of this machine goes through the tunnel")
    v.client.run(*ping, 10)
    v.pings()
    # A large packet, not to be cut, is told how large it may be.
    done = v.client.run("ping", "-c", "2", "-M", "do", "-s", "1473", FAR,
                        status=1)
    assert "too long" in done.stdout + done.stderr
    v.adit_client.stop()
    routes = v.client.run("ip", "route", "show", "table", "all").stdout
    assert "adit0" not in routes and "default via" in routes
    assert "44311" not in routes + v.client.run("ip", "rule").stdout
    v.client.run(*ping, 1, status=1)


def test_two_clients_reach_each_other_when_the_server_forwards(vpn):
    v = vpn("dtls")
    second = v.adit(v.second, v.dial.replace("alice", "bob").replace(
        "10.88.0.2", "10.88.0.3"))
    v.pings(v.second)
    v.server.sh(readme.commands("Everything through the VPN")[0])
    v.client.run("ping", "-c", "1", "-W", "10", "10.88.0.3")
    v.second.run("ping", "-c", "1", "-W", "10", "10.88.0.2")
    assert second.popen.poll() is None


def test_nobody_takes_another_s_inner_address(vpn):
    """Bob's key with Alice's address gets no answer, and Alice keeps hers."""
    v = vpn("dtls")
    v.adit(v.second, v.dial.replace("alice", "bob"))
    v.pings(v.second, status=1)
    said = until("the server said so", lambda: [
        text for text in v.adit_server.text().splitlines()
        if "bob" in text and "10.88.0.2" in text])
    assert said
    v.pings()


def test_without_a_certificate_nobody_comes_in(vpn):
    v = vpn("tls")
    v.give(v.second, "ca.pem")
    dial = v.dial.split(",cert=")[0].replace("10.88.0.2", "10.88.0.3")
    v.adit(v.second, dial)
    v.pings(v.second, status=1)
    v.pings()


def test_the_files_of_contrib_are_those_of_the_readme():
    folder = os.path.join(readme.TOP, "contrib", "examples", "vpn")

    def words(name):
        with open(os.path.join(folder, name)) as f:
            return re.sub("(?m)^#.*$", "", f.read()).split()

    inner = readme.commands("The VPN server")[0].split("'")[3::2]
    assert words("inner") == " ".join(inner).split()
    masquerade = readme.commands("Everything through the VPN")[3]
    assert masquerade.split(" post ")[1] in " ".join(words("forward.nft"))
