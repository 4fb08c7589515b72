# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit udptun, on machines of their own: the uses that the original's tests
have, and its wire."""

import json
import re
import socket
import struct
import subprocess

import pytest

from harness import refused, until
from lan import (Lan, Web, body, lighttpd, lost, nginx, packets_on, ping,
                 pings, raw_on, reach, tls_context, udp_on, write)

UNREACHABLE = "Destination Host Unreachable"


@pytest.fixture
def lan(machine, start, adit):
    return Lan(machine, start, adit)


def hosts(*machines):
    """A map, with keys that have no quotes, as the original's tests have."""
    return "{ nodes : {\n" + ",\n".join(
        f'  "192.168.111.{m.number}" : {{ "host" : "{m.address}" }}'
        for m in machines) + "\n} }\n"


def test_one_to_one(lan):
    """The original's README, with its names."""
    a, b = lan.host(), lan.host()
    for m in a, b:
        (m.etc / "hosts").write_text(f"{a.address} vps1.example.org\n"
                                     f"{b.address} vps2.example.org\n")
    lan.udptun(a, "-A", "vps2.example.org", inner="192.168.100.1")
    lan.udptun(b, "-A", "vps1.example.org", inner="192.168.100.2")
    reach(a, "192.168.100.2")
    b.answered(5, "-i", 0.1, "192.168.100.1")
    for m in a, b:
        m.daemon.wait("^Created device udptun$")
        m.daemon.wait(r"^Started listening on 0\.0\.0\.0:7777$")
    # More than the path carries is cut by the system, as always.
    ping(a, "-c", 2, "-s", 1472, "-M", "do", "192.168.100.2")


def test_one_to_many_by_file(lan, tmp_path):
    """The original's README, with its names."""
    machines = [lan.host() for _ in range(3)]
    names = "".join(f"{m.address} vps{m.number}.example.org\n"
                    for m in machines)
    (tmp_path / "hosts.json").write_text("""{
          "nodes" : {
            "192.168.100.1" : { "host" : "vps1.example.org" },
            "192.168.100.2" : { "host" : "vps2.example.org" },
            "192.168.100.3" : { "host" : "vps3.example.org" }
          }
        }""")
    for m in machines:
        (m.etc / "hosts").write_text(names)
        lan.udptun(m, "--hosts-file", tmp_path / "hosts.json",
                   inner=f"192.168.100.{m.number}")
    for m in machines:
        for other in machines:
            if other is not m:
                reach(m, f"192.168.100.{other.number}")


WEB = "http", "https", "redirect", "redirect to https"


def serve(lan, m, ca, kind):
    """A web server; its folder, and what udptun is told about it."""
    pem, key = ca.issue("web", names="DNS:web.example.com")
    secure = f"""listen 443 ssl; ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate {pem}; ssl_certificate_key {key};"""
    if kind == "http":
        www = lighttpd(lan, m)
    elif kind == "https":
        www = nginx(lan, m, "listen 80;", secure)
    elif kind == "redirect":
        www = nginx(lan, m, "listen 80; location = /hosts.json "
                    "{ return 302 /real/hosts.json; }")
        (www / "real").mkdir()
    else:
        www = nginx(lan, m, "listen 80; location / "
                    "{ return 301 https://web.example.com$request_uri; }",
                    secure)
    scheme = "https" if kind == "https" else "http"
    where = www / "real" if kind == "redirect" else www
    return where / "hosts.json", (
        "--hosts-url", f"{scheme}://web.example.com/hosts.json",
        "--hosts-url-interval", "0.5", "--ca-file", ca.pem)


@pytest.mark.parametrize("kind", WEB)
def test_one_to_many_by_url_and_the_map_grows(lan, ca, kind):
    a, b, c, web = (lan.host() for _ in range(4))
    path, options = serve(lan, web, ca, kind)
    write(path, hosts(a, b))
    for m in a, b, c:
        with open(m.etc / "hosts", "a") as f:
            f.write(f"{web.address} web.example.com\n")
        lan.udptun(m, *options)
        m.daemon.wait("a map of 2 hosts")
    reach(b, "192.168.111.1")
    reach(a, "192.168.111.2")
    assert not pings(c, "192.168.111.2", 1)
    write(path, hosts(a, b, c))
    for m in a, b, c:
        m.daemon.wait("a map of 3 hosts")
    ping(c, "-c", 3, "192.168.111.2")
    ping(a, "-c", 3, "192.168.111.3")


def test_file_that_changes_is_read_again(lan, tmp_path):
    a, b = lan.host(), lan.host()
    path = tmp_path / "hosts.json"
    path.write_text(hosts(a))
    # A relative name is good in the background, too.
    lan.run(a, "sh", "-c", f"cd {tmp_path} && exec udptun --hosts-file "
            "hosts.json -d udptun")
    a.up("udptun", "192.168.111.1/24")
    lan.udptun(b, "-A", a.address)
    assert UNREACHABLE in ping(a, "-c", 1, "192.168.111.2", status=1)
    path.write_text(hosts(a, b))
    reach(a, "192.168.111.2")
    # One that is no good, or gone, changes nothing.
    path.write_text('{ "nodes": {\n  "192.168.111.2": { "host": 5 } } }')
    until("it was read", lambda: pings(a, "192.168.111.2", 1) and
          re.search(r"hosts\.json: line 2, column 30: .*; the map before "
                    "stays", a.daemon.text()))
    path.unlink()
    until("it was missed", lambda: pings(a, "192.168.111.2", 1) and
          "No such file or directory; the map before stays" in
          a.daemon.text())
    ping(a, "-c", 3, "192.168.111.2")


def test_first_match_wins_and_0_0_0_0_is_all_others(lan, tmp_path):
    a, b, c = lan.host(), lan.host(), lan.host()
    (tmp_path / "hosts.json").write_text(json.dumps({"nodes": {
        "192.168.111.2": {"host": b.address, "port": 5000},
        "0.0.0.0": {"host": c.address}}})[:-2] +
        f', // never used\n "192.168.111.3": {{ "host": "{b.address}" }},'
        '} /* all */ }')
    lan.udptun(a, "--hosts-file", tmp_path / "hosts.json")
    to_b, to_c = udp_on(b, port=5000), udp_on(c, port=7777)
    a.daemon.wait("1 entries of the map are never used")
    for to, s in ("192.168.111.2", to_b), ("192.168.111.3", to_c), \
            ("192.168.111.99", to_c):
        ping(a, "-c", 1, "-W", 0.1, to, status=1)
        assert s.recv(2000)[16:20] == socket.inet_aton(to)


def test_unknown_destination_is_answered(lan, tmp_path):
    a, b = lan.host(), lan.host()
    (tmp_path / "hosts.json").write_text(hosts(a, b))
    for m in a, b:
        lan.udptun(m, "--hosts-file", tmp_path / "hosts.json")
    reach(b, "192.168.111.1")
    said = ping(b, "-W", 1, "-c", 3, "192.168.111.50", status=1)
    assert said.count(f"From 192.168.111.50 icmp_seq=") == 3
    assert said.count(UNREACHABLE) == 3
    b.daemon.wait(r"no host is known for 192\.168\.111\.50")
    assert lost(b.daemon, "nobody to send it to") == 3
    # Broadcast, multicast and IPv6 are not answered, and do no harm.
    answers = raw_on(b, socket.IPPROTO_ICMP)
    s = udp_on(b, "192.168.111.2")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"udptun")
    before = lost(b.daemon, "multicast")
    s.sendto(b"x", ("224.0.0.77", 7))
    s.sendto(b"x", ("255.255.255.255", 7))
    until("both are counted",
          lambda: lost(b.daemon, "multicast") >= before + 2)
    assert lost(b.daemon, "nobody to send it to") == 3
    assert "no host is known for 2" not in b.daemon.text()
    answers.settimeout(0.2)
    with pytest.raises(TimeoutError):
        answers.recv(2000)
    b.ip("address", "add", "fd11::2/64", "dev", "udptun", "nodad")
    before = lost(b.daemon, "IPv6 where only IPv4 is carried")
    ping(b, "-c", 1, "-W", 0.1, "fd11::1", status=1)
    assert lost(b.daemon, "IPv6 where only IPv4 is carried") > before
    reach(b, "192.168.111.1")


def first_in(packets):
    """The next packet that the program writes to a device."""
    while True:
        packet, (_, _, way, _, _) = packets.recvfrom(2000)
        if way != socket.PACKET_OUTGOING:
            return packet


def test_broadcast_of_the_subnet_is_not_answered(lan, tmp_path):
    """As RFC 1122 3.2.2 has it; what is for one host still is."""
    a, b = lan.host(), lan.host()
    (tmp_path / "hosts.json").write_text(hosts(a, b))
    for m in a, b:
        lan.udptun(m, "--hosts-file", tmp_path / "hosts.json")
    reach(b, "192.168.111.1")
    packets = packets_on(b, "udptun")
    said = ping(b, "-b", "-c", 2, "-W", 0.1, "192.168.111.255", status=1)
    assert "nreachable" not in said
    b.daemon.wait(r"no host is known for 192\.168\.111\.255")
    assert lost(b.daemon, "nobody to send it to") == 2
    # The first that comes out of the device is the answer for a host.
    assert UNREACHABLE in ping(b, "-c", 1, "192.168.111.50", status=1)
    first = first_in(packets)
    assert first[9] == socket.IPPROTO_ICMP and first[20:22] == b"\3\1"
    assert first[12:16] == socket.inet_aton("192.168.111.50")
    # In a wider net that address is a host's.
    b.ip("address", "flush", "dev", "udptun")
    b.ip("address", "add", "192.168.110.2/23", "dev", "udptun")
    until("its address is known", lambda: UNREACHABLE in subprocess.run(
        [*b.prefix, "ping", "-n", "-c", "1", "-W", "1", "192.168.110.255"],
        capture_output=True, text=True).stdout)


def test_gateway_between_two_subnets(lan, tmp_path):
    inside, router, far = lan.host(), lan.host(), lan.host()
    (tmp_path / "hosts.json").write_text(json.dumps({"nodes": {
        "192.168.111.2": {"host": router.address},
        "192.168.111.5": {"host": router.address},
        "192.168.111.6": {"host": far.address}}}))
    inside.ip("address", "add", "192.168.111.2/30", "dev", "eth0")
    inside.ip("route", "add", "192.168.111.4/30", "via", "192.168.111.1")
    router.ip("address", "add", "192.168.111.1/30", "dev", "eth0")
    router.sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
    lan.udptun(router, "--hosts-file", tmp_path / "hosts.json",
               inner="192.168.111.5", bits=30)
    lan.udptun(far, "--hosts-file", tmp_path / "hosts.json",
               inner="192.168.111.6", bits=30)
    far.ip("route", "add", "192.168.111.0/30", "via", "192.168.111.5")
    ping(inside, "-c", 3, "192.168.111.1")
    reach(inside, "192.168.111.6")
    ping(far, "-c", 3, "192.168.111.2")


def test_esp_and_ah_cross_unchanged(lan):
    a, b = lan.host(), lan.host()
    lan.udptun(a, "-A", b.address)
    lan.udptun(b, "-A", a.address)
    reach(a, "192.168.111.2")
    for protocol in 50, 51:
        ours, theirs = raw_on(a, protocol), raw_on(b, protocol)
        # What stands there would be a TCP SYN with an MSS, in the clear.
        for n in 20, 44, 1400:
            sent = bytes((i * 7 + n) & 255 for i in range(n))
            ours.sendto(sent, ("192.168.111.2", 0))
            got = theirs.recv(2000)
            assert got[9] == protocol and got[20:] == sent


def ipv4(src, dst, payload=b"", protocol=17, length=None):
    """An IPv4 packet."""
    def header(checksum):
        return struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0,
            20 + len(payload) if length is None else length, 1, 0, 64,
            protocol, checksum, socket.inet_aton(src), socket.inet_aton(dst))
    return header(rfc1071(header(0))) + payload


def rfc1071(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def test_what_is_no_packet_is_dropped(lan):
    a, b = lan.host(), lan.host()
    lan.udptun(a, "-A", b.address)
    lan.udptun(b, "-A", a.address)
    reach(a, "192.168.111.2")
    s = udp_on(b)
    good = ipv4("192.168.111.2", "192.168.111.1", b"12345678")
    bad = [b"gibberish\n", b"",
           # A header of 32 bytes in total that is 20 bytes long.
           bytes.fromhex("45000020 00000000 FF045C85 C0A86F02 C0A86F01"),
           good[:-1], good + b"x", good[:19], b"\x44" + good[1:],
           b"\x4f" + good[1:], b"\x55" + good[1:], b"\x65" + good[1:]]
    for packet in bad:
        s.sendto(packet, (a.address, 7777))
        ping(b, "-c", 1, "192.168.111.1")
    # A packet of IPv6 is one, but not carried.
    s.sendto(b"\x60" + bytes(39), (a.address, 7777))
    ping(b, "-c", 1, "192.168.111.1")
    assert lost(a.daemon, "not a whole IP packet") == len(bad)
    a.daemon.wait("IPv6 where only IPv4 is carried")
    # It is said, but not for ever.
    for _ in range(100):
        s.sendto(b"gibberish", (a.address, 7777))
    ping(b, "-c", 1, "192.168.111.1")
    assert lost(a.daemon, "not a whole IP packet") == len(bad) + 100
    assert a.daemon.text().count("bytes are not a whole IP packet") < 20


def test_wire_against_an_independent_peer(lan):
    """One datagram is one packet as it was, from any port, to 7777."""
    a, b = lan.host(), lan.host()
    lan.udptun(a, "-A", b.address)
    wire, other = udp_on(b, port=7777), udp_on(b)
    application = udp_on(a, "192.168.111.1", 4000)
    application.sendto(b"a question", ("192.168.111.2", 7))
    got, source = wire.recvfrom(2000)
    assert source[0] == a.address
    assert got[0] == 0x45 and len(got) == 20 + 8 + 10 == \
        struct.unpack(">H", got[2:4])[0]
    assert got[12:20] == socket.inet_aton("192.168.111.1") + \
        socket.inet_aton("192.168.111.2")
    assert rfc1071(got[:20]) == 0
    assert got[20:24] == struct.pack(">HH", 4000, 7)
    assert got[28:] == b"a question"
    # The answer comes from another port, and with options in its header.
    answer = struct.pack(">HHHH", 7, 4000, 17, 0) + b"an answer"
    other.sendto(ipv4("192.168.111.2", "192.168.111.1", answer),
                 (a.address, 7777))
    assert application.recvfrom(100) == (b"an answer",
                                         ("192.168.111.2", 7))
    # Ports of both ends are the user's choice.
    assert a.daemon.stop() == 0
    lan.udptun(a, "-A", b.address, "-P", 4444, "-p", 5555, "-a", a.address)
    wire = udp_on(b, port=4444)
    application.close()
    application = udp_on(a, "192.168.111.1", 4000)
    application.sendto(b"more", ("192.168.111.2", 7))
    assert wire.recv(2000)[28:] == b"more"
    other.sendto(ipv4("192.168.111.2", "192.168.111.1", answer),
                 (a.address, 5555))
    assert application.recv(100) == b"an answer"


def test_device_is_left_to_the_user(lan):
    a, b = lan.host(), lan.host()
    lan.run(a, "udptun", "-A", b.address, "--dev", "x0")
    shown = a.ip("address", "show", "x0").stdout
    assert "inet" not in shown and ",UP" not in shown
    assert " mtu 1500 " in shown
    lan.run(b, "udptun", "-A", a.address)
    assert b.daemon.wait("^Created device (.*)$")[1] == "tun0"


def test_environment_and_short_names(lan, ca, tmp_path):
    a, web = lan.host(), lan.host()
    with open(a.etc / "hosts", "a") as f:
        f.write(f"{web.address} web.example.com\n")
    server = Web(web, {"/h": body('{"nodes":{}}')}, port=443,
                 tls=tls_context(ca))
    folder = tmp_path / "trusted"
    folder.mkdir()
    (folder / "README").write_text("no certificate\n")
    (folder / "web.pem").write_text(open(ca.pem).read())
    (folder / "web.key").write_text("-----BEGIN PRIVATE KEY-----\n")
    for env in {"CA_FILE": str(ca.pem)}, {"CA_PATH": str(folder)}:
        seen = len(server.asked)
        lan.run(a, "env", "HOSTS_URL_INTERVAL=0.2",
                *(f"{k}={v}" for k, v in env.items()), "udptun", "--hosts-url",
                "https://web.example.com/h", "--local-p", "7000", "--d", "x0")
        a.daemon.wait("a map of 0 hosts")
        until("it comes again", lambda: len(server.asked) >= seen + 3)
        assert a.daemon.stop() == 0
    # What is typed counts more.
    lan.run(a, "env", "CA_FILE=/nowhere", "HOSTS_URL_INTERVAL=x", "udptun",
            "--hosts-url", "https://web.example.com/h",
            "--hosts-url-interval", "0.2", "--ca-path", folder)
    a.daemon.wait("a map of 0 hosts")
    server.close()


def test_bad_command_lines_end_with_1(adit, tmp_path, names):
    (tmp_path / "bad.json").write_text('{ "nodes": {\n  "10.0.0.1": {,} } }')
    for args, says in (
            ([], "exactly one is"),
            (["-A", "a", "--hosts-file", "b"], "exactly one is"),
            (["--hosts-file", "b", "--hosts-url", "c"], "exactly one is"),
            (["-A", "a", "-p", "0"], '-p: "0" is not in'),
            (["-A", "a", "-P", "70000"], '-P: "70000" is not in'),
            (["-A", "a", "-a", "localhost"], '"localhost" is no address'),
            (["-A", "a", "--hosts-u", "b"], "ambiguous"),
            (["-A", "a", "x"], "x"),
            (["--hosts-url", "ftp://a/"], "ftp"),
            (["--hosts-url", "http://a/", "--hosts-url-interval", "no"],
             "no"),
            (["--hosts-file", tmp_path / "none.json"],
             "none.json.*No such file"),
            (["--hosts-file", tmp_path / "bad.json"],
             r"bad\.json.*line 2, column 16"),
            (["--hosts-url", "https://a/", "--ca-file", "/nowhere"],
             "/nowhere.*No such file"),
            (["--hosts-url", "https://a/", "--ca-path", "/nowhere"],
             "/nowhere.*No such file"),
            (["--hosts-url", "https://a/", "--ca-path", tmp_path],
             "no file in that folder has a certificate"),
            (["-A", "::1"], "one is IPv4, the other IPv6")):
        refused(adit, "udptun", "-v", "error", *args, status=1, says=says)


def test_address_that_is_taken_is_told(lan):
    a = lan.host()
    s = udp_on(a, port=7777)
    done = a.run("udptun", "-A", "10.77.0.9", status=1)
    assert "bind: Address already in use; another program" in done.stderr
    s.close()
    lan.run(a, "udptun", "-A", "10.77.0.9", "-d", "x0")
    done = a.run("udptun", "-A", "10.77.0.9", "-d", "x0", "-p", 7778,
                 status=1)
    assert "in use: another program has the device" in done.stderr
