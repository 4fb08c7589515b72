# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Routes into a device: what goes through the tunnel, what does not, and what
is left afterwards."""

import contextlib
import os
import re
import signal
import subprocess

import pytest

import harness
from harness import READY, until
from lan import packets_on, ping, pings, reach
from reloads import RELOADED
from tunnels import need_tun, open_node

KEY = "00112233445566778899aabbccddeeff"
SERVER, MOVED = "10.78.0.5", "10.78.0.6"
BEYOND = "10.90.0.1"    # on the server and, outside of the tunnel, the router
BEYOND6 = "fd90::1"     # on the router
MARK = "0xad17"
BLOCKED = "Network is unreachable|No route to host|Destination unreachable"


class Net:
    """A client behind a router, and the server of a tunnel behind it."""

    def __init__(self, machine, start):
        need_tun()
        self.start = start
        self.client = c = machine("client")
        self.router = r = machine("router")
        self.server = s = machine("server")
        c.connect("eth0", r, "lan")
        s.connect("eth0", r, "wan")
        c.up("eth0", "10.79.0.77/24")
        r.up("lan", "10.79.0.1/24")
        r.up("wan", "10.78.0.1/24")
        s.up("eth0", SERVER + "/24")
        c.ip("route", "add", "default", "via", "10.79.0.1")
        s.ip("route", "add", "default", "via", "10.78.0.1")
        for m in r, s:
            m.ip("address", "add", BEYOND + "/32", "dev", "lo")
            m.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.v6 = harness.has_ipv6()
        if self.v6:
            c.ip("address", "add", "fd79::77/64", "dev", "eth0", "nodad")
            r.ip("address", "add", "fd79::1/64", "dev", "lan", "nodad")
            r.ip("address", "add", BEYOND6 + "/128", "dev", "lo")
            c.ip("-6", "route", "add", "default", "via", "fd79::1")
        self.name_server(SERVER)
        keys = s.folder / "keys"
        keys.write_text(f"alice:{KEY}\n")
        keys.chmod(0o600)
        self.serve()
        # The kernel notices somewhat later that a cable has two ends, and that
        # an address of IPv6 may be used then.
        until("the cables are plugged in", lambda: self.has_settled(
            " ".join(self.routes())))
        self.before = self.routes()

    def has_settled(self, routes):
        return "linkdown" not in routes and \
            (not self.v6 or "local fd79::77 dev eth0" in routes)

    def name_server(self, address):
        hosts = self.client.etc / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{address} vpn.example.com\n")

    def serve(self):
        self.adit = self.start(
            *self.server.prefix, "adit", "tunnel",
            f"dtls-listen::4443,psk-file={self.server.folder}/keys",
            "tun:vpn,addr=10.8.0.1/24")
        self.adit.wait(READY)

    def dial(self, more=",route=default", ready=READY, tun="tun:vpn",
             addr=",addr=10.8.0.2/24", dial="vpn.example.com", options=()):
        p = self.start(
            *self.client.prefix, "adit", "tunnel", *options,
            f"{tun}{addr}{more}",
            f"dtls:{dial}:4443,psk={KEY},identity=alice")
        if ready:
            p.wait(ready)
        return p

    def everything(self, p):
        """All goes through the tunnel from now on."""
        p.wait("IPv4 of this machine goes through the tunnel")
        reach(self.client, "10.8.0.1")

    def routes(self):
        """All rules and routes of the client, in their order."""
        found = []
        for family in "-4", "-6":
            for what in ("rule", "show"), ("route", "show", "table", "all"):
                said = self.client.ip(family, *what).stdout
                # What the kernel learns, and for how long it knows it.
                found += [re.sub(r" expires \d+sec", "", line)
                          for line in said.splitlines()
                          if not line.startswith("multicast ") and
                          "fe80::" not in line]
        return found

    def way(self, to, *more):
        """The device that packets leave by; None: none."""
        done = subprocess.run([*self.client.prefix, "ip", "route", "get", to,
                               *more], capture_output=True, text=True)
        found = re.search(r" dev (\S+)", done.stdout)
        return found[1] if done.returncode == 0 and found else None

    def outside(self, seconds=0):
        """What has left by the cable since the last call: pairs of
        addresses, without the carrier's."""
        seen = set()
        while True:
            try:
                packet, about = self.sniffer.recvfrom(70000)
            except BlockingIOError:
                return seen
            to = ".".join(map(str, packet[16:20]))
            if about[2] == 4 and to not in (SERVER, MOVED):
                seen.add(to)

    def watch(self):
        self.sniffer = packets_on(self.client, "eth0")
        self.sniffer.setblocking(False)

    def gone(self):
        """Nothing is left of the program."""
        try:
            until("rules and routes are as before",
                  lambda: self.routes() == self.before)
        except AssertionError:
            assert self.routes() == self.before


@pytest.fixture
def net(machine, start):
    return Net(machine, start)


def test_everything_goes_through_the_tunnel_but_its_carrier(net):
    c = net.client
    assert pings(c, BEYOND), "outside, as long as there is no tunnel"
    p = net.dial()
    net.everything(p)
    net.watch()
    reach(c, BEYOND)
    for i in range(3):
        assert pings(c, BEYOND)
    assert net.way(BEYOND) == "vpn"
    # The server's address, for others than the carrier; a host route to it
    # would let these out, too.
    assert net.way(SERVER) == "vpn"
    assert net.way(SERVER, "mark", MARK) == "eth0"
    # The network that the machine is in.
    assert net.way("10.79.0.1") == "eth0"
    assert pings(c, SERVER)
    assert net.outside() == set()
    assert p.stop() == 0
    net.gone()
    assert pings(c, BEYOND)


def test_ipv6_goes_nowhere_when_the_tunnel_has_none(net):
    if not net.v6:
        pytest.skip("this machine has no IPv6")
    c = net.client
    reach(c, BEYOND6)
    p = net.dial()
    net.everything(p)
    assert "IPv6 of this machine goes nowhere" in p.text()
    done = subprocess.run([*c.prefix, "ping", "-c", "1", "-W", "1", BEYOND6],
                          capture_output=True, text=True)
    assert done.returncode != 0
    assert re.search(BLOCKED, done.stdout + done.stderr)
    p.stop()
    net.gone()
    reach(c, BEYOND6)
    # Unless the user says so.
    p = net.dial(",route=0.0.0.0/0")
    net.everything(p)
    assert net.way(BEYOND) == "vpn"
    assert pings(c, BEYOND6)
    p.stop()
    net.gone()


def test_ipv6_goes_through_it_when_it_has_an_address(net):
    if not net.v6:
        pytest.skip("this machine has no IPv6")
    p = net.dial(addr=",addr=10.8.0.2/24,addr=fd08::2/64")
    net.everything(p)
    p.wait("IPv6 of this machine goes through the tunnel")
    assert net.way(BEYOND6) == "vpn"
    p.stop()
    net.gone()


def test_the_server_moves_to_a_new_address(net):
    p = net.dial()
    net.everything(p)
    net.watch()
    net.name_server(MOVED)
    net.server.ip("address", "del", SERVER + "/24", "dev", "eth0")
    net.server.ip("address", "add", MOVED + "/24", "dev", "eth0")
    net.server.ip("route", "replace", "default", "via", "10.78.0.1")
    reach(net.client, BEYOND, 60)
    assert net.way(MOVED) == "vpn"
    assert net.outside() == set()
    p.stop()
    net.gone()


def test_killswitch_lets_nothing_out_while_the_carrier_is_down(net):
    c = net.client
    net.watch()
    net.server.ip("link", "set", "eth0", "down")
    p = net.dial(",route=default,killswitch")
    p.wait("IPv4 of this machine goes through the tunnel")
    assert not pings(c, BEYOND, 1)
    net.server.ip("link", "set", "eth0", "up")
    net.server.ip("route", "replace", "default", "via", "10.78.0.1")
    reach(c, BEYOND, 60)
    net.server.ip("link", "set", "eth0", "down")
    assert not pings(c, BEYOND, 1)
    assert net.outside() == set()
    # Killed, it lets nothing out either.
    p.kill()
    until("the device is gone",
          lambda: "vpn" not in c.ip("link", "show").stdout)
    done = subprocess.run([*c.prefix, "ping", "-c", "1", "-W", "1", BEYOND],
                          capture_output=True, text=True)
    assert re.search(BLOCKED, done.stdout + done.stderr), done
    assert net.way(BEYOND) is None
    if net.v6:
        assert net.way(BEYOND6) is None
    assert net.outside() == set()
    # The next start takes over, and cleans up.
    p = net.dial(",route=default,killswitch")
    p.wait("were left of a process that was killed")
    assert p.stop() == 0
    net.gone()


PAIRS = {30708, 30709}, {30710, 30711}     # each keeps the machine closed


@contextlib.contextmanager
def closed_all_the_time(net):
    """After each change of a rule, one of both pairs is there."""
    monitor = net.start(*net.client.prefix, "ip", "-4", "monitor", "rule")

    def mark(number):
        net.client.ip("rule", "add", "priority", number, "table", number)
        net.client.ip("rule", "delete", "priority", number)
        return any(f"Deleted {number}:" in line for line in monitor.lines)

    until("rules are watched", lambda: mark("40000"))
    yield
    mark("40001")
    monitor.wait("Deleted 40001:")
    there, changes = {30710, 30711}, 0
    for line in monitor.lines:
        number = int(re.search(r"(\d+):", line)[1])
        changes += number < 40000
        if line.startswith("Deleted"):
            there.discard(number)
        else:
            there.add(number)
        assert any(pair <= there for pair in PAIRS), (line, monitor.lines)
    assert changes, "nothing was replaced"
    monitor.stop()


def config(name, device, more="", user="root"):
    return f"""[daemon]
user = {user}
[tunnel {name}]
left = tun:{device},addr=10.8.0.2/24,route=default,killswitch
right = dtls:vpn.example.com:4443,psk={KEY},identity=alice
{more}
"""


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_killswitch_stays_closed_while_it_is_replaced(net, user):
    path = net.client.folder / "adit.conf"

    def reload(*words, says=RELOADED):
        path.write_text(config(*words, user=user))
        mark = p.mark()
        p.send_signal(signal.SIGHUP)
        p.wait(says, since=mark)

    path.write_text(config("a", "vpn", user=user))
    path.chmod(0o600)
    p = net.start(*net.client.prefix, "adit", "run", "-c", path)
    p.wait(READY)
    net.everything(p)
    with closed_all_the_time(net):
        for n in range(10):
            reload("a", "vpn", f"left.mtu = {1200 + n}")
        reload("a", "vpn", "right.mark = 77")
        reload("a", "other")
        reload("b", "other")
        reload("b", "vpn", "nonsense = 7", says="with a fault")
        reload("b", "vpn")
        reach(net.client, "10.8.0.1")
    assert p.stop() == 0
    net.gone()


def test_a_killswitch_stays_closed_when_a_killed_process_starts_again(net):
    p = net.dial(",route=default,killswitch")
    net.everything(p)
    with closed_all_the_time(net):
        for _ in range(5):
            p.kill()
            until("the device is gone",
                  lambda: "vpn" not in net.client.ip("link", "show").stdout)
            p = net.dial(",route=default,killswitch")
        p.wait("were left of a process that was killed")
        reach(net.client, "10.8.0.1")
    assert p.stop() == 0
    net.gone()


def test_a_killswitch_starts_before_devices_that_stand_before_it(net):
    """The start of these removes what a killed process has left."""
    path = net.client.folder / "adit.conf"
    path.write_text("""[tunnel first]
left = tun:first,addr=10.20.0.1/24
right = udp:127.0.0.1:9
""" + config("a", "vpn"))
    path.chmod(0o600)

    def begin():
        p = net.start(*net.client.prefix, "adit", "run", "-c", path)
        p.wait(READY)
        return p

    p = begin()
    net.everything(p)
    with closed_all_the_time(net):
        for _ in range(5):
            p.kill()
            until("the devices are gone",
                  lambda: not {"vpn", "first"} & set(re.findall(
                      r"\d: (\w+)", net.client.ip("link", "show").stdout)))
            p = begin()
        reach(net.client, "10.8.0.1")
    assert p.stop() == 0
    net.gone()


def test_a_killswitch_keeps_the_machine_closed_until_its_tunnel_runs(net):
    """Its new plan and its old one cannot be had; then they are removed."""
    path = net.client.folder / "adit.conf"
    path.write_text(config("a", "vpn"))
    path.chmod(0o600)
    p = net.start(*net.client.prefix, "adit", "run", "-c", path)
    p.wait(READY)
    net.everything(p)
    with closed_all_the_time(net):
        net.client.sh("mount --bind /dev/null /dev/net/tun")
        path.write_text(config("a", "vpn", "left.mtu = 1300"))
        p.send_signal(signal.SIGHUP)
        p.wait("nothing leaves this machine until tunnel a runs")
    path.write_text("[tunnel b]\nleft = udp-listen:127.0.0.1:7000\n"
                    "right = udp:127.0.0.1:7001\n")
    mark = p.mark()
    p.send_signal(signal.SIGHUP)
    p.wait(RELOADED, since=mark)
    net.gone()
    assert p.stop() == 0


def test_without_killswitch_the_usual_way_is_open_until_the_tunnel_is_up(
        net):
    c = net.client
    net.server.ip("link", "set", "eth0", "down")
    p = net.dial()
    assert pings(c, BEYOND)
    assert net.way(BEYOND) == "eth0"
    net.server.ip("link", "set", "eth0", "up")
    net.server.ip("route", "replace", "default", "via", "10.78.0.1")
    net.everything(p)
    assert net.way(BEYOND) == "vpn"


@pytest.mark.parametrize("again", ["default", "network", "none"])
def test_what_a_killed_process_left_is_gone_after_the_next_start(net, again):
    p = net.dial(",route=default,route=10.99.0.0/16")
    net.everything(p)
    p.kill()
    until("the device is gone",
          lambda: "vpn" not in net.client.ip("link", "show").stdout)
    assert net.routes() != net.before, "a killed process removes nothing"
    p = net.dial({"default": ",route=default", "none": "",
                  "network": ",route=10.99.0.0/16"}[again])
    p.wait("were left of a process that was killed")
    p.stop()
    net.gone()


def test_a_device_that_stays_keeps_no_route_of_a_killed_process(net):
    c = net.client
    c.ip("tuntap", "add", "vpn", "mode", "tun")
    c.up("vpn", "10.8.0.2/24")
    before = [r for r in net.routes() if "linkdown" not in r]
    p = net.dial(",route=10.99.0.0/16", addr="")
    assert net.way("10.99.0.1") == "vpn"
    p.kill()
    assert net.way("10.99.0.1") == "vpn", "a killed process removes nothing"
    p = net.dial("", addr="")
    assert net.way("10.99.0.1") == "eth0"
    p.stop()
    until("all is as before", lambda: [
        r for r in net.routes() if "linkdown" not in r] == before)


def test_networks_are_routed_and_others_are_not(net):
    p = net.dial(",route=10.99.0.0/16,route=10.98.7.0/24,route=10.8.0.0/24")
    assert net.way("10.99.200.1") == net.way("10.98.7.1") == "vpn"
    assert net.way("10.98.8.1") == net.way(SERVER) == "eth0"
    net.server.ip("address", "add", "10.99.0.1/32", "dev", "lo")
    reach(net.client, "10.99.0.1")
    p.stop()
    net.gone()


def test_the_system_names_the_device(net):
    p = net.dial(tun="tun:")
    net.everything(p)
    assert net.way(BEYOND).startswith("tun")
    p.stop()
    net.gone()


def test_two_tunnels_do_not_fight_for_the_default_route(net):
    p = net.dial()
    net.everything(p)
    rules = net.routes()
    c = net.client
    for route in "default", "0.0.0.0/0":
        done = c.run("adit", "tunnel", f"tun:two,addr=10.7.0.2/24,"
                     f"route={route}", "udp:10.78.0.5:9", status=1)
        assert "the default route of IPv4 is that of a different tunnel" in \
            done.stderr
    done = c.run("adit", "tunnel", "tun:two,addr=10.7.0.2/24,"
                 "route=10.0.0.0/8,route=10.79.0.0/24", "udp:10.78.0.5:9",
                 status=1)
    assert "route 10.79.0.0/24: " in done.stderr
    assert net.routes() == rules
    assert pings(c, BEYOND)


def test_a_second_tunnel_leaves_the_first_one_s_routes_alone(net):
    p = net.dial(",route=0.0.0.0/0")
    net.everything(p)
    rules = net.routes()
    second = net.start(*net.client.prefix, "adit", "tunnel",
                       "tun:two,addr=10.7.0.2/24,route=10.66.0.0/16",
                       "udp:10.78.0.5:9")
    second.wait(READY)
    second.stop()
    assert net.routes() == rules
    if net.v6:
        # The other family is free.
        second = net.start(*net.client.prefix, "adit", "tunnel",
                           "tun:two,addr=fd07::2/64,route=::/0",
                           "udp:10.78.0.5:9")
        second.wait("IPv6 of this machine goes through the tunnel")
        assert net.way(BEYOND6) == "two"
        assert net.way(BEYOND) == "vpn"
        second.stop()
        assert net.routes() == rules
    p.stop()
    net.gone()


def test_rights_are_missing(net):
    """As a user who may use the device, but not set routes."""
    c = net.client
    open_node(c)
    c.ip("tuntap", "add", "vpn", "mode", "tun", "user", "65534")
    c.up("vpn", "10.8.0.2/24")
    before = net.routes()
    binary = c.folder.parent / "for-all"
    binary.mkdir(mode=0o755)
    copy = binary / "adit"
    c.run("cp", harness.adit_path(), copy)
    os.chmod(copy, 0o755)
    for parent in list(copy.parents)[:-2]:
        os.chmod(parent, os.stat(parent).st_mode | 0o011)
    done = c.run("setpriv", "--reuid", "65534", "--regid", "65534",
                 "--clear-groups", copy, "tunnel",
                 "tun:vpn,route=10.99.0.0/16", "udp:10.78.0.5:9", status=1)
    assert re.search("route 10.99.0.0/16: .*run as root or with "
                     "CAP_NET_ADMIN", done.stderr)
    assert [r for r in net.routes() if "vpn" not in r] == \
        [r for r in before if "vpn" not in r]


def test_routes_remain_when_the_user_was_changed(net):
    """They are removed at the end all the same."""
    p = net.dial(",route=default,route=10.99.0.0/16",
                 options=("--user", "nobody"))
    net.everything(p)
    assert p.stop() == 0
    net.gone()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_removes_everything(net, signal_number):
    p = net.dial(",route=default,killswitch,route=10.99.0.0/16")
    net.everything(p)
    assert p.stop(signal_number) == 0
    net.gone()


def test_name_servers_outside_of_the_tunnel_are_warned_of(net):
    (net.client.etc / "resolv.conf").unlink()
    (net.client.etc / "resolv.conf").write_text(
        "nameserver 10.79.0.1\nnameserver 10.90.0.1\n# nameserver 1.1.1.1\n")
    p = net.dial()
    net.everything(p)
    p.wait("the name server 10.79.0.1 is in a network of this machine")
    assert "name server 10.90.0.1" not in p.text()


def test_a_strict_filter_of_source_addresses_is_warned_of(net):
    c = net.client
    c.sh("echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter")
    p = net.dial()
    remedy = p.wait("it drops what the server sends; run: (.*)")[1]
    assert not pings(c, BEYOND, 1)
    c.sh(remedy.replace("sysctl -w ", "echo 2 >/proc/sys/").replace(".", "/")
         .replace("=2", ""))
    reach(c, BEYOND)


def test_user_mistakes_are_told(net):
    m, to = net.client, "udp:10.78.0.5:9"
    for tun, says in (
            ("tun:v,route=nonsense", "is no network"),
            ("tun:v,route=10.1.0.0/33", "number of bits"),
            ("tun:v,route=10.1.2.3/16", "bits behind its prefix"),
            ("tun:v,killswitch", "killswitch goes with route=default"),
            ("tun:v,route=10.0.0.0/8,killswitch", "goes with route=default"),
            ("tun:v,route=10.0.0.0/8,no-up", "no-up"),
            ("tun:v,route=default", "has no address")):
        done = m.run("adit", "tunnel", tun, to, status=2)
        assert says in done.stderr, done.stderr
    done = m.run("adit", "tunnel", "dtls-listen::9,psk=" + KEY,
                 "tun:v,addr=10.9.0.1/24,route=default", status=2)
    assert "goes with a tun on the LEFT" in done.stderr
