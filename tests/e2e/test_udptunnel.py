# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit udptunnel, on machines of their own, and its wire against a peer of a
few lines."""

import hashlib
import json
import re
import signal
import socket
import struct

import pytest

import harness
from harness import refused, until
from lan import Lan, on, ping, pings, reach, udp_on

PORT = 8000
SERVER, CLIENT = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def lan(machine, start, adit):
    return Lan(machine, start, adit)


def tunnel(lan, m, ready=r": ready$", **keys):
    """Starts udptunnel with those settings."""
    path = m.folder / "config.json"
    path.write_text(json.dumps(keys))
    return lan.run(m, "udptunnel", path, ready=ready)


def both(lan, ports=(22,), **keys):
    """A server and a client that reach each other."""
    server, client = lan.host(), lan.host()
    tunnel(lan, server, TunnelAddress=SERVER, NetworkAddress=f":{PORT}",
           AllowedPorts=ports, **keys)
    tunnel(lan, client, TunnelAddress=CLIENT, AllowedPorts=ports,
           NetworkAddress=f"{server.address}:{PORT}", **keys)
    reach(client, SERVER)
    return server, client


def tcp_on(machine):
    with on(machine):
        s = socket.socket()
    s.settimeout(harness.PATIENCE)
    return s


def listen(machine, address, port):
    s = tcp_on(machine)
    s.bind((address, port))
    s.listen()
    return s


def connects(machine, address, port, source=0, timeout=harness.PATIENCE):
    """Whether a TCP connection comes about, in so many seconds at most."""
    s = tcp_on(machine)
    s.settimeout(timeout)
    with s:
        s.bind(("0.0.0.0", source))
        try:
            s.connect((address, port))
            return True
        except OSError:
            return False


def test_configurations_of_the_originals_readme(lan):
    server, client = lan.host(), lan.host()
    with open(client.etc / "hosts", "a") as f:
        f.write(f"{server.address} server.example.com\n")
    (server.folder / "config.json").write_text("""{
	"TunnelAddress": "10.0.0.1",
	"NetworkAddress": ":8000",
	"AllowedPorts": [22],
}
""")
    (client.folder / "config.json").write_text("""{
	"TunnelAddress": "10.0.0.2",
	"NetworkAddress": "server.example.com:8000",
	"AllowedPorts": [22],
}
""")
    lan.run(server, "udptunnel", server.folder / "config.json")
    lan.run(client, "udptunnel", client.folder / "config.json")
    reach(client, SERVER)
    client.answered(4, "-i", 0.1, SERVER)
    server.answered(4, "-i", 0.1, CLIENT)
    listeners = [listen(server, SERVER, port) for port in (22, 80)]
    assert connects(client, SERVER, 22)
    assert not connects(client, SERVER, 80, timeout=1)
    # The device is like the original's.
    shown = server.ip("address", "show", "tun0").stdout
    assert " mtu 1300 " in shown and "inet 10.0.0.1/24 " in shown
    assert server.daemon.stop(signal.SIGINT) == 0
    server.run("ip", "link", "show", "tun0", status=1)
    for s in listeners:
        s.close()


def test_allowed_ports_and_ephemeral_ones(lan):
    server, client = both(lan, ports=[22, 5000, 5001])
    held = [listen(server, SERVER, port) for port in (22, 80, 5000)] + \
        [listen(client, CLIENT, port) for port in (22, 80, 40000, 40001)]
    assert connects(client, SERVER, 22)
    assert connects(client, SERVER, 5000)
    assert connects(server, CLIENT, 22)
    assert not connects(client, SERVER, 80, timeout=1)
    assert not connects(server, CLIENT, 80, timeout=1)
    # From an allowed port only to one that has spoken lately.
    assert connects(client, SERVER, 22, source=40002)
    assert not connects(server, CLIENT, 40000, source=5001, timeout=1)
    a, b = udp_on(client, CLIENT, 40001), udp_on(server, SERVER, 5000)
    b.sendto(b"not yet", (CLIENT, 40001))
    a.sendto(b"question", (SERVER, 5000))
    assert b.recvfrom(100) == (b"question", (CLIENT, 40001))
    b.sendto(b"answer", (CLIENT, 40001))
    assert a.recvfrom(100) == (b"answer", (SERVER, 5000))
    # Both allowed: at any time.
    c = udp_on(client, CLIENT, 5000)
    b.sendto(b"first", (CLIENT, 5000))
    assert c.recv(100) == b"first"
    for s in held:
        s.close()


def test_only_ipv4_passes(lan):
    server, client = both(lan)
    for m, address in (server, "fd10::1"), (client, "fd10::2"):
        m.ip("address", "add", f"{address}/64", "dev", "tun0", "nodad")
    ping(client, "-c", 2, "-W", 0.5, "fd10::1", status=1)
    assert client.daemon.stop() == 0
    client.daemon.wait("Tx dropped ICMPv6 fd10::2 > fd10::1: ")


def test_client_roams(lan):
    server, client = both(lan, HeartbeatInterval=1)
    server.daemon.wait(f"the remote address is {client.address}:{PORT}$")
    client.ip("address", "add", "10.77.0.99/24", "dev", "eth0")
    client.ip("route", "add", f"{server.address}/32", "dev", "eth0", "src",
              "10.77.0.99")
    # Nothing but heartbeats tells the server.
    server.daemon.wait(f"the remote address is 10.77.0.99:{PORT}, no longer "
                       f"{client.address}:{PORT}$")
    ping(server, "-c", 3, CLIENT)
    ping(client, "-c", 3, SERVER)


@pytest.mark.slow
def test_client_follows_the_servers_name(lan):
    """The name is looked up again, while there is traffic, after 30 s."""
    first, second, client = lan.host(), lan.host(), lan.host()
    hosts = client.etc / "hosts"
    hosts.write_text(f"{first.address} server.example.com\n")
    for m in first, second:
        tunnel(lan, m, TunnelAddress=SERVER, NetworkAddress=f":{PORT}",
               AllowedPorts=[22])
    tunnel(lan, client, TunnelAddress=CLIENT, AllowedPorts=[22],
           NetworkAddress=f"server.example.com:{PORT}")
    reach(client, SERVER)
    hosts.write_text(f"{second.address} server.example.com\n")
    first.daemon.stop()
    reach(client, SERVER, 60)
    client.daemon.wait(f"the remote address is {second.address}:{PORT}, ")


def magic(text):
    return hashlib.md5(text.encode()).digest()


def icmp_echo(src, dst, kind, number):
    """An ICMP echo request (8) or reply (0) as a packet."""
    def checksum(data):
        total = sum(struct.unpack(f">{len(data) // 2}H", data))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return total ^ 0xffff
    def icmp(c):
        return struct.pack(">BBHHH", kind, 0, c, 77, number) + b"12345678"
    payload = icmp(checksum(icmp(0)))
    def header(c):
        return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0,
                           64, 1, c, socket.inet_aton(src),
                           socket.inet_aton(dst))
    return header(checksum(header(0))) + payload


@pytest.mark.parametrize("secret", ["", "open sesame"])
def test_wire_of_a_server_against_an_independent_client(lan, secret):
    server, other = lan.host(), lan.host()
    tunnel(lan, server, TunnelAddress=SERVER, NetworkAddress=f":{PORT}",
           AllowedPorts=[22], PacketMagic=secret)
    to = server.address, PORT
    s, stranger = udp_on(other, other.address, PORT), udp_on(other)
    # Before there is a remote, what is sent is dropped.
    ping(server, "-c", 1, "-W", 0.2, CLIENT, status=1)
    # Strangers are neither heard nor answered.
    for bad in magic("wrong"), magic("wrong") + \
            icmp_echo(CLIENT, SERVER, 8, 1), b"", magic(secret)[:15], \
            icmp_echo(CLIENT, SERVER, 8, 1):
        stranger.sendto(bad, to)
    said = server.daemon.wait(r"(\d+) bytes without the right prefix "
                              rf"\({other.address}:(\d+)\)", count=5)
    assert int(said[2]) == stranger.getsockname()[1]
    assert "the remote address is" not in server.daemon.text()
    # The prefix alone is enough to be known.
    s.sendto(magic(secret), to)
    server.daemon.wait(rf"the remote address is {other.address}:{PORT}$")
    ping(server, "-c", 1, "-W", 0.2, CLIENT, status=1)
    got, source = s.recvfrom(2000)
    assert source == to and got[:16] == magic(secret)
    assert got[16] == 0x45 and got[32:36] == socket.inet_aton(CLIENT)
    # A packet goes to the host, and the answer to whoever sent last.
    stranger.sendto(magic(secret) + icmp_echo(CLIENT, SERVER, 8, 5), to)
    got = stranger.recv(2000)
    assert got[:16] == magic(secret) and got[16 + 20] == 0
    assert got[16 + 26:16 + 28] == b"\0\5"
    assert server.daemon.stop() == 0
    server.daemon.wait(f"Tx dropped ICMP {SERVER} > {CLIENT}: 1 packet,")


def test_wire_of_a_client_against_an_independent_server(lan):
    client, other = lan.host(), lan.host()
    s = udp_on(other, other.address, PORT)
    tunnel(lan, client, TunnelAddress=CLIENT, AllowedPorts=[22],
           NetworkAddress=f"{other.address}:{PORT}", HeartbeatInterval=1)
    # Heartbeats come from the port of the server's number.
    for _ in range(3):
        assert s.recvfrom(100) == (magic(""), (client.address, PORT))
    # Packets that are sent make them needless; dropped ones do not.
    u = udp_on(client, CLIENT)
    pinger = lan.start(*client.prefix, "ping", "-n", "-i", "0.2", SERVER)
    until("a packet", lambda: len(s.recv(2000)) > 16)
    got = [s.recv(2000) for _ in range(12)]
    assert all(len(d) > 16 for d in got)
    pinger.stop(signal.SIGINT)
    until("a heartbeat", lambda: s.recv(2000) == magic(""))
    for _ in range(8):
        u.sendto(b"dropped", (SERVER, 9))
        if s.recv(2000) == magic(""):
            break
    else:
        raise AssertionError("no heartbeat beside packets that are dropped")
    # Whoever knows the prefix is heard.
    stranger = udp_on(other)
    stranger.sendto(magic("") + icmp_echo(SERVER, CLIENT, 8, 9),
                    (client.address, PORT))
    until("an answer", lambda: s.recv(2000)[16:17] == b"\x45")


def test_no_heartbeat_when_it_is_0(lan):
    client, other = lan.host(), lan.host()
    s = udp_on(other, other.address, PORT)
    tunnel(lan, client, TunnelAddress=CLIENT, AllowedPorts=[22],
           NetworkAddress=f"{other.address}:{PORT}", HeartbeatInterval=0)
    s.settimeout(0.5)
    with pytest.raises(TimeoutError):
        s.recv(2000)
    ping(client, "-c", 1, "-W", 0.1, SERVER, status=1)
    assert len(s.recv(2000)) > 16


def test_statistics_at_the_end(lan):
    server, client = both(lan, ports=[5000])
    a, b = udp_on(client, CLIENT, 5000), udp_on(server, SERVER, 5000)
    before = client.daemon.mark()
    for _ in range(10):
        a.sendto(bytes(996), (SERVER, 5000))
        assert len(b.recv(2000)) == 996
    a.sendto(b"x", (SERVER, 6000))
    udp_on(client, CLIENT, 4999).sendto(b"yz", (SERVER, 6000))
    ping(client, "-c", 3, SERVER)
    assert client.daemon.stop() == 0
    client.daemon.wait("packet statistics of [0-9]+ s:", since=before)
    client.daemon.wait(r"Tx: \d+ packets \([0-9.]+ KiB\) passed, "
                       r"\d+ packets \(\d+ B\) dropped")
    client.daemon.wait(rf"Tx passed UDP {CLIENT}:5000 > {SERVER}:5000: 10 "
                       "packets, 10.00 KiB$")
    client.daemon.wait(rf"Tx dropped UDP {CLIENT}:5000 > {SERVER}:6000: 1 "
                       "packet, 29 B$")
    client.daemon.wait(rf"Tx dropped UDP {CLIENT}:4999 > {SERVER}:6000: 1 "
                       "packet, 30 B$")
    client.daemon.wait(rf"Rx passed ICMP {SERVER} > {CLIENT}: \d packets?,")


def test_log_file_has_it_all_but_the_secret(lan):
    m = lan.host()
    log = m.folder / "log"
    log.write_text("earlier\n")
    keys = dict(LogFile=str(log), tunneldevice="x0", TUNNELADDRESS=SERVER,
                TunnelPeerAddress=CLIENT, NetworkAddress=f":{PORT}",
                AllowedPorts=[22, 80, 81, 82, 0, 65535],
                HeartbeatInterval=77, PacketMagic="sesame", Unknown={"a": []})
    process = tunnel(lan, m, ready=None, **keys)
    until("it runs", lambda: ": ready" in log.read_text())
    text = log.read_text()
    assert text.startswith("earlier\n") and "sesame" not in text
    for part in "x0", SERVER, CLIENT, f'":{PORT}"', "77", \
            "PacketMagic set", "AllowedPorts 0,22,80-82,65535", "server mode":
        assert part in text
    process.wait('line 1: there is no setting "Unknown"')
    assert "sesame" not in process.text()
    assert process.stop() == 0
    assert "packet statistics" not in process.text()


def test_bad_configurations_end_with_1(adit, tmp_path):
    path = tmp_path / "c.json"
    good = {"TunnelAddress": SERVER, "NetworkAddress": ":8000",
            "AllowedPorts": [22]}

    def bad(text, says):
        if not isinstance(text, str):
            text = json.dumps({**good, **text})
        path.write_text(text)
        refused(adit, "udptunnel", path, status=1, says=says)

    bad("", r"c\.json: line 1, column 1")
    bad("[]", "an object is wanted here")
    bad('{\n\t"TunnelAddress" "10.0.0.1"\n}', "line 2, column 18")
    bad('{\n "AllowedPorts": [22, 70000] }', "line 2, column 23")
    bad('{\n "AllowedPorts": "22" }', "line 2, column 18: a list of ports")
    bad('{ "TunnelAddress": 5 }', "line 1, column 20")
    bad({"HeartbeatInterval": -1}, "line 1, column")
    bad({"HeartbeatInterval": 1.5}, "line 1, column")
    bad('{ "TunnelAddress": "10.0.0.1"', "line 1, column 30")
    bad({"TunnelAddress": ""}, "TunnelAddress is missing")
    bad({"TunnelAddress": None}, "TunnelAddress is missing")
    bad({"TunnelAddress": "fd00::1"}, '"fd00::1" is no IPv4 address')
    bad({"TunnelPeerAddress": SERVER}, "must not be the same")
    bad({"NetworkAddress": "example.com"}, "NetworkAddress.*HOST:PORT")
    bad({"NetworkAddress": ""}, "NetworkAddress")
    bad({"NetworkAddress": ":0"}, "the port is 0")
    bad({"AllowedPorts": []}, "AllowedPorts is missing or empty")
    path.write_text(json.dumps({**good, "TunnelDevice": "a/b"}))
    done = harness.run(adit, "udptunnel", path, status=1)
    assert "cannot be the name" in done.stderr
    bad({"LogFile": "/nowhere/log"}, "/nowhere/log.*No such file")
    refused(adit, "udptunnel", tmp_path / "none", status=1,
            says="none: cannot read the configuration: No such file")


def test_usage_when_there_is_not_one_argument(adit):
    for args in (), ("a", "b"):
        done = harness.run(adit, "udptunnel", *args, status=1)
        assert done.stderr.startswith("usage: adit udptunnel CONFIG")
    assert "CONFIG" in harness.run(adit, "udptunnel", "--help").stdout


def test_native_names_do_the_same(lan):
    """adit tunnel, with IPv6 inside and outside."""
    server, client = lan.host(), lan.host()
    lan.run(server, "adit", "tunnel", "tun:vpn,addr=10.9.0.1/24,"
            "addr=fd09::1/64", f"ip-udp::{PORT},prefix=sesame")
    lan.run(client, "adit", "tunnel", "tun:vpn,addr=10.9.0.2/24,"
            "addr=fd09::2/64", f"ip-udp:[fd77::1]:{PORT},prefix=sesame,"
            "heartbeat=1,local=5000")
    reach(client, "10.9.0.1")
    reach(client, "fd09::1")
    ping(server, "-c", 2, "fd09::2")
    server.daemon.wait(r"the remote address is \[fd77::2\]:5000")
    # 1500, less IPv6, UDP and the prefix.
    client.daemon.wait("MTU 1436, which fits")
    server.daemon.wait("MTU 1436, which fits")
    # Filter and statistics go with any carrier.
    for m in server, client:
        assert m.daemon.stop() == 0
    lan.run(server, "adit", "tunnel", "--allowed-ports", "22,8000-8010",
            "--packet-stats", "--insecure", "tcp-listen::4443",
            "tun:vpn,addr=10.9.0.1/24")
    lan.run(client, "adit", "tunnel", "tun:vpn,addr=10.9.0.2/24",
            f"tcp:{server.address}:4443,pool=1")
    reach(client, "10.9.0.1")
    held = [listen(server, "10.9.0.1", port) for port in (22, 80, 8005)]
    assert connects(client, "10.9.0.1", 22)
    assert connects(client, "10.9.0.1", 8005)
    assert not connects(client, "10.9.0.1", 80, timeout=1)
    assert server.daemon.stop() == 0
    server.daemon.wait(r"Rx dropped TCP 10\.9\.0\.2:\d+ > 10\.9\.0\.1:80: ")
    for s in held:
        s.close()


def test_what_makes_no_sense_is_told(adit):
    tun = "tun:adit-test"
    for args, says in (
            (["--allowed-ports", "22", "udp-listen:127.0.0.1:1",
              "udp:127.0.0.1:2"], "--allowed-ports looks at IP packets"),
            (["--packet-stats", "udp-listen:127.0.0.1:1",
              "udp:127.0.0.1:2"], "--packet-stats looks at IP packets"),
            (["--allowed-ports", "22-", tun, "ip-udp:"], "no list of ports"),
            (["--allowed-ports", "65536", tun, "ip-udp:"],
             "no list of ports"),
            (["--allowed-ports", "9-8", tun, "ip-udp:"], "no list of ports"),
            (["--allowed-ports", "", tun, "ip-udp:"], "no list of ports"),
            ([tun, "ip-udp:a:1,hosts-file=b"], "not both"),
            ([tun, "ip-udp:,hosts-url=http://a/,hosts-file=b"], "exclude"),
            ([tun, "ip-udp:,heartbeat=1"], "a heartbeat goes with a host"),
            ([tun, "ip-udp:{a:1-2}"], "a group"),
            ([tun, "ip-udp:a:0"], "port 0"),
            ([tun, "ip-udp:a:1,local=x"], "local"),
            ([tun, "ip-udp:a:1,mtu=100"], "mtu"),
            (["ip-udp::1", tun], "can only be RIGHT")):
        refused(adit, "tunnel", *args, status=2, says=says)
