# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Several servers behind a proxy, by contrib/examples/servers: flows stay with
one server, and go to the other when theirs is gone."""

import collections
import os
import re
import shutil

import pytest

import readme
from harness import need, until
from machines import Machine, bar
from servers import FILES, PROXY, SERVERS, Flows, Site, \
    need_stream_module, source

FLOWS = 100


@pytest.fixture(scope="module")
def machines(adit, dtls, tmp_path_factory):
    """The machines of all these tests, since they take long to make."""
    made = []

    def machine(name):
        made.append(Machine(name, tmp_path_factory.mktemp(name), adit))
        return made[-1]

    s = None
    try:
        s = Site(machine, adit)
        yield s
    finally:
        if s is not None:
            s.close()
        for m in made:
            m.end()


@pytest.fixture
def site(machines, start):
    machines.begin(start)
    return machines


@pytest.fixture
def flows():
    made = []

    def flows(*args):
        made.append(Flows(*args))
        return made[-1]

    yield flows
    for f in made:
        f.close()


def divided(site):
    """Flows that more than one server, or port of a server, has seen."""
    return {i: seen for i, seen in site.answers.seen.items()
            if len(seen) > 1}


def stick(site, f):
    """All flows are answered, each by one server, and both have some."""
    f.round()
    first = dict(f.at)
    for _ in range(5):
        f.round()
        assert f.at == first
    assert set(first.values()) == set(SERVERS)
    assert divided(site) == {}
    # Nor are the checks of a proxy worth a line.
    for p in site.processes.values():
        assert not re.search(r"closed.*\(10\.0\.0\.2:", p.text())


def fail_over(site, f, figures, limit_s):
    """Kills a server: its flows are on the other in time, and those of the
    other notice nothing."""
    lost, kept = f.on("one"), f.on("two")
    site.processes["one"].kill()
    took = f.round(lost)
    assert f.on("two") == lost | kept
    figures(f"{len(lost)} of {FLOWS} flows were on the other server after "
            f"{min(took.values()):.2f} to {max(took.values()):.2f} s")
    assert max(took.values()) < limit_s
    f.round()
    assert divided(site).keys() == lost


def ports(site):
    """Of the client's connections: the address, which is that of the tunnel,
    and the local port."""
    return re.findall(r"(203\.0\.113\.1\d\d):(\d+) ", site.client.run(
        "ss", "-Htn", "state", "established", "dport", "=", ":443").stdout)


def cut_half(site, f):
    """Half of the connections are reset, and others made with the traffic, in
    each tunnel; how many there are at a time is the pools' own affair."""
    there = ports(site)
    cut = there[::2]
    site.client.run("ss", "-Ktn", "( " + " or ".join(
        f"src {address}:{port}" for address, port in cut) + " )")
    if cut[0] in ports(site):
        pytest.skip("this kernel cannot reset connections (ss -K)")
    lacking = collections.Counter(address for address, _ in cut)

    def others():
        f.round()
        new = collections.Counter(
            address for address, _ in set(ports(site)) - set(there))
        return all(new[address] >= n * 3 // 4
                   for address, n in lacking.items())

    until("others are there", others)


def test_haproxy_with_two_servers(site, flows, figures):
    need("haproxy")
    for name in SERVERS:
        site.serve(name)
    haproxy = site.haproxy()
    f = flows(site.client, site.dial("tls"), FLOWS)
    stick(site, f)
    # The servers know the clients.
    for name in SERVERS:
        i = min(f.on(name))
        site.processes[name].wait(
            rf"tls: flow \d+: {source(i % 10)}:\d+ to .* began")
        assert not re.search(r"10\.0\.0\.2", "\n".join(
            line for line in site.processes[name].text().splitlines()
            if "flow" in line))
    fail_over(site, f, figures, bar(3, 12))
    # HAProxy may dial the other at once, and notice by its checks only later.
    haproxy.wait("Server adit/one is DOWN")
    # When the server is back the flows stay, also those of whose connections
    # some are lost.
    site.answers.seen.clear()
    f.round()
    back = site.serve("one")
    haproxy.wait("Server adit/one is UP")
    cut_half(site, f)
    assert set(f.at.values()) == {"two"}
    assert divided(site) == {}
    assert " began" not in back.text()


def test_a_server_that_vanishes_behind_haproxy(site, flows, figures):
    """Its machine is cut off: nobody says so."""
    need("haproxy")
    for name in SERVERS:
        site.serve(name)
    site.haproxy()
    f = flows(site.client, site.dial("tls"), 20)
    f.round()
    lost = f.on("one")
    assert lost and f.on("two")
    site.proxy.ip("link", "set", "one", "down")
    took = f.round(lost)
    assert f.on("one") == set()
    figures(f"flows were on the other server after "
            f"{min(took.values()):.2f} to {max(took.values()):.2f} s")
    assert max(took.values()) < bar(3, 15)
    site.proxy.ip("link", "set", "one", "up")


def test_limits_behind_haproxy_are_the_clients(site, flows):
    need("haproxy")
    one = site.serve("one", "max-flows = 20\nsource-share = 25\n")
    site.haproxy()
    ports = site.dial("tls", 2)
    first = flows(site.client, ports[:1], 11)
    first.round()
    # More than half of all are there, and an address may have 5.
    over = flows(site.client, ports[:1], 1)
    over.sockets[0].send(b"0 refused")
    one.wait(rf"flow refused: 5 of its address are there already "
             rf"\({source(0)}:\d+\)")
    # Others have their share.
    flows(site.client, ports[1:], 5).round()
    first.round()


def test_nginx_with_two_servers(site, flows, figures):
    need_stream_module()
    for name in SERVERS:
        site.serve(name)
    site.nginx()
    f = flows(site.client, site.dial("dtls"), FLOWS)
    stick(site, f)
    for name in SERVERS:
        site.processes[name].wait(
            r"dtls: flow \d+: 10\.0\.0\.2:\d+ to .* began")
    # After 4 s from a new port, or 0.4 and 1.2 s later from the next ones: nginx
    # notices that the server is dead when an answer of the system's, one in a
    # second for all, meets a datagram that it sends.
    fail_over(site, f, figures, bar(7, 20))


def test_nginx_with_the_addresses_of_the_clients(site, flows):
    """By what the README of the example adds."""
    need_stream_module()
    for name in SERVERS:
        site.serve(name)
    with open(os.path.join(FILES, "README.md")) as f:
        text = readme.section(f.read(), "UDP with the addresses of the "
                              "clients")
    added, = re.findall(r"(?ms)^```nginx\n(.*?)^```", text)
    typed, = re.findall(r"(?ms)^```sh\n(.*?)^```", text)
    shutil.copy(os.path.join(FILES, "proxy", "transparent.nft"),
                site.proxy.folder)
    site.proxy.sh(typed)
    site.nginx(site.proxy_file("nginx.conf").replace(
        "www-data", "root").replace("proxy_pass", added + "proxy_pass"))
    f = flows(site.client, site.dial("dtls"), 20)
    stick(site, f)
    for name in SERVERS:
        i = min(f.on(name))
        site.processes[name].wait(
            rf"dtls: flow \d+: {source(i % 10)}:\d+ to .* began")


@pytest.mark.parametrize("kind", ["tls", "dtls"])
def test_a_name_with_the_addresses_of_both_servers(site, flows, figures,
                                                   kind):
    """Without a proxy: a flow is at one of them, and then at the other."""
    limit_s = bar(3, 12) if kind == "tls" else bar(5, 20)
    need("dnsmasq")
    for name in SERVERS:
        site.serve(name, direct=True)
    site.route()
    site.start(*site.proxy.prefix, "dnsmasq", "-k", "--conf-file=/dev/null",
               "--no-resolv", "--no-hosts", "--user=root", "--pid-file=",
               f"--listen-address={PROXY}", "--bind-interfaces",
               "--log-facility=-",
               *(f"--host-record=both.example.com,{address}"
                 for address in SERVERS.values())).wait("started")
    (site.client.etc / "resolv.conf").write_text(f"nameserver {PROXY}\n")
    f = flows(site.client, site.dial(kind, 1, "both.example.com:8443"), 20)
    for _ in range(5):
        f.round()
    assert divided(site) == {}
    gone = f.at[0]
    lost = f.on(gone)
    site.processes[gone].kill()
    took = f.round(lost)
    assert f.on(gone) == set()
    figures(f"{len(lost)} of 20 flows were on the other server after "
            f"{min(took.values()):.2f} to {max(took.values()):.2f} s")
    assert max(took.values()) < limit_s
    f.round()
    assert divided(site).keys() == lost


def test_a_pair_with_keepalived(site, flows, figures):
    """One of them has the address; the other gets it when adit ends."""
    need("keepalived")
    site.route()
    with open(os.path.join(FILES, "keepalived", "keepalived.conf")) as f:
        config = f.read().replace("203.0.113.5", "10.0.0.5")
    changed = config.replace("/usr/local/bin/adit", "/etc/keepalived/adit")
    assert changed != config

    def has_address(m):
        return " 10.0.0.5/" in m.ip("-4", "-o", "address").stdout

    for name, m in site.servers.items():
        site.serve(name, direct=True)
        (m.etc / "keepalived").mkdir(exist_ok=True)
        (m.etc / "keepalived" / "keepalived.conf").write_text(changed)
        # keepalived runs nothing below folders that others can change.
        check = m.etc / "keepalived" / "adit"
        check.write_text(f'#!/bin/sh\nexec {m.folder}/bin/adit "$@"\n')
        check.chmod(0o755)
        site.start(*m.prefix, "keepalived", "-n", "-l", "-p",
                   "/run/keepalived.pid", "-r", "/run/vrrp.pid")
        if name == "one":
            until("it has the address", lambda: has_address(m))
    f = flows(site.client, site.dial("tls", 1, "10.0.0.5:8443"), 10)
    f.round()
    assert f.on("one") == set(range(10))
    site.processes["one"].kill()
    took = f.round()
    assert f.on("two") == set(range(10))
    figures(f"flows were on the other server after "
            f"{min(took.values()):.2f} to {max(took.values()):.2f} s")
    assert not has_address(site.servers["one"])
