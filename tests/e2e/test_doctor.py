# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit doctor: which step fails, and what to do; and that nothing does where
nothing is wrong."""

import json
import os
import pty
import re
import socket
import subprocess
import threading

import pytest

from harness import READY, free_port, need, run
from lan import on
from tunnels import need_tun

KEY = "00112233445566778899aabbccddeeff"
STEPS = ["clock", "identity", "resolution", "tcp", "tls", "dtls", "target",
         "path-mtu", "listen"]
STATUS = {step: 10 + i for i, step in enumerate(STEPS)}
LEFT = "udp-listen:127.0.0.1:"


@pytest.fixture(autouse=True)
def has_doctor(adit):
    if "\n  doctor " not in run(adit, "help").stdout:
        pytest.skip("this build has no doctor")


def words(text):
    return " ".join(text.split())


def doctor(adit, *args, fails=None, prefix=(), **options):
    """The steps, by name; the one that fails must be that."""
    done = run(*prefix, adit, "doctor", "--json", *args,
               status=STATUS[fails] if fails else 0, timeout=60, **options)
    found = json.loads(done.stdout)
    assert set(found) == {"version", "tunnels"} and found["version"] == 1
    assert len(found["tunnels"]) == 1
    tunnel, = found["tunnels"]
    assert set(tunnel) == {"tunnel", "left", "right", "steps", "failed"}
    assert tunnel["failed"] == fails
    names = [step["step"] for step in tunnel["steps"]]
    assert names == STEPS[:len(names)]
    assert names[-1] == (fails or STEPS[-1])
    for step in tunnel["steps"]:
        assert set(step) == {"step", "result", "time_us", "text", "remedy"}
        assert step["time_us"] >= 0 and step["text"]
        failed = step["step"] == fails
        assert (step["result"] == "failed") == failed
        assert step["result"] in ("ok", "failed", "skipped")
        assert bool(step["remedy"]) == failed
    return {step["step"]: step for step in tunnel["steps"]}


def fails(adit, step, says, remedy, *args, **options):
    found = doctor(adit, *args, fails=step, **options)[step]
    assert re.search(says, found["text"]), found["text"]
    assert re.search(remedy, found["remedy"]), found["remedy"]


def left():
    return LEFT + str(free_port())


@pytest.fixture
def silent():
    """A port that takes datagrams, and connections, and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u, \
            socket.socket() as t:
        u.bind(("127.0.0.1", free_port()))
        t.bind(u.getsockname())
        t.listen()
        yield u.getsockname()[1]


@pytest.fixture
def serve(start, echo):
    """Starts `adit tunnel` with that LEFT, to an echo; its port."""
    def serve(kind, keys=""):
        port = free_port()
        start("tunnel", f"{kind}-listen:127.0.0.1:{port}{keys}",
              f"udp:127.0.0.1:{echo}").wait(READY)
        return port
    return serve


@pytest.fixture
def tls_server(serve, ca):
    """With certificates of the CA."""
    def tls_server(*issued, keys="", **options):
        pem, key = ca.issue(*(issued or ("server",)), **options)
        return serve("tls", f",cert={pem},key={key}{keys}")
    return tls_server


@pytest.fixture
def answers():
    """A TCP server that says that to each client, and closes then."""
    sockets = []

    def answers(text):
        s = socket.create_server(("127.0.0.1", 0))
        sockets.append(s)

        def loop():
            try:
                while True:
                    c, _ = s.accept()
                    with c:
                        c.recv(2000)
                        c.sendall(text)
                        c.shutdown(socket.SHUT_WR)
                        while c.recv(2000):
                            pass
            except OSError:
                pass
        threading.Thread(target=loop, daemon=True).start()
        return s.getsockname()[1]
    yield answers
    for s in sockets:
        s.close()


@pytest.fixture
def s_server(start):
    """OpenSSL's server, with these arguments; its port."""
    need("openssl")

    def s_server(*args):
        port = free_port()
        start("/usr/bin/env", "openssl", "s_server", "-accept",
              f"127.0.0.1:{port}", *args,
              stdin=subprocess.PIPE).wait("ACCEPT")
        return port
    return s_server


# --- Nothing is wrong -------------------------------------------------------

@pytest.mark.parametrize("kind", ["tcp", "uott", "udp2tcp", "tls", "uott,tls",
                                  "dtls"])
def test_good_carriers(kind, adit, serve, ca):
    kind, *tls = kind.split(",")
    server, client = "", ""
    if kind == "tls" or tls:
        pem, key = ca.issue("server")
        server, client = f",cert={pem},key={key}", f",cafile={ca.pem}"
    if tls:
        server, client = ",tls" + server, ",tls" + client
    if kind == "dtls":
        server = client = f",psk={KEY}"
    port = serve(kind, server)
    found = doctor(adit, left(), f"{kind}:localhost:{port}{client}")
    by_tls, by_dtls = "cafile" in client, kind == "dtls"
    assert "127.0.0.1" in found["resolution"]["text"]
    assert found["tcp"]["result"] == ("skipped" if by_dtls else "ok")
    assert found["tls"]["result"] == ("ok" if by_tls else "skipped")
    assert found["dtls"]["result"] == ("ok" if by_dtls else "skipped")
    assert found["target"]["result"] == "skipped"
    assert found["listen"]["result"] == "ok"
    if by_tls:
        assert re.search(r'TLS 1\.2, ECDHE-\S+, full handshake; .*"CN=server" '
                         r'is for localhost, 127\.0\.0\.1.*issued by "CN=Tests'
                         r' CA" .*\(\d+ days\)', found["tls"]["text"])
    if by_dtls:
        assert re.search(r"datagrams of 14\d\d bytes get through.*WireGuard",
                         found["path-mtu"]["text"])


def test_good_client_certificate(adit, tls_server, ca):
    port = tls_server(keys=f",cafile={ca.pem}")
    pem, key = ca.issue("client", use="clientAuth", names="")
    found = doctor(adit, left(), f"tls:127.0.0.1:{port},cafile={ca.pem},"
                   f"cert={pem},key={key}")
    assert re.search('our certificate "CN=client", valid until .*; trusted '
                     'CAs: .*ca.pem', found["identity"]["text"])


@pytest.mark.parametrize("kind", ["tcp", "uott", "udp2tcp", "tls", "dtls",
                                  "udp"])
def test_good_servers(kind, adit, echo, ca):
    keys = ""
    if kind == "tls":
        keys = ",cert={},key={}".format(*ca.issue("server"))
    if kind == "dtls":
        keys = f",psk={KEY}"
    found = doctor(adit, f"{kind}-listen:127.0.0.1:{free_port()}{keys}",
                   f"udp:127.0.0.1:{echo}")
    assert found["target"]["text"].endswith("has answered")
    assert found["listen"]["result"] == "ok"


def test_good_ip_udp(adit):
    need_tun()
    doctor(adit, "tun:,addr=10.213.4.1/24",
           f"ip-udp:127.0.0.1:{free_port()},local=127.0.0.1:{free_port()}")


@pytest.mark.parametrize("kind", ["tls", "dtls"])
def test_good_vpn(kind, adit, machine, start, ca, tmp_path):
    """The device behind the server answers, and a path MTU is found."""
    need_tun()
    server, client = machine("server"), machine("client")
    server.connect("cable", client, "cable")
    server.up("cable", "10.79.0.1/24")
    client.up("cable", "10.79.0.2/24")
    if kind == "tls":
        pem, key = ca.issue("server-ip", names="IP:10.79.0.1")
        mine, my_key = ca.issue("client", use="clientAuth", names="")
        theirs = f",cert={pem},key={key},cafile={ca.pem}"
        ours = f",cafile={ca.pem},cert={mine},key={my_key}"
    else:
        theirs = ours = f",psk={KEY}"
    start(*server.prefix, "adit", "tunnel", f"{kind}-listen::4443{theirs}",
          "tun:vpn,addr=10.8.0.1/24").wait(READY)
    found = doctor("adit", "tun:vpn,addr=10.8.0.2/24,route=default,killswitch",
                   f"{kind}:10.79.0.1:4443{ours}", prefix=client.prefix)
    assert "device behind the server answers" in found["target"]["text"]
    assert found["path-mtu"]["result"] == "ok"
    assert "device can be opened" in found["listen"]["text"]
    assert "vpn" not in client.run("ip", "link").stdout
    assert len(client.run("ip", "rule").stdout.splitlines()) == 3
    # The server's own side, while it runs.
    fails("adit", "target", "in use|10.8.0.1 of the device already",
          "device", f"{kind}-listen::4443{theirs}",
          "tun:vpn,addr=10.8.0.1/24", prefix=server.prefix)


def test_servers_that_are_not_ours(adit, s_server, ca):
    pem, key = ca.issue("server")
    port = s_server("-cert", pem, "-key", key, "-tls1_2")
    found = doctor(adit, left(), f"tls:localhost:{port},cafile={ca.pem}")
    assert found["tls"]["result"] == "ok"
    port = s_server("-dtls1_2", "-nocert", "-psk", KEY, "-psk_identity", "me")
    found = doctor(adit, left(), f"dtls:127.0.0.1:{port},psk={KEY},"
                   "identity=me")
    assert found["dtls"]["result"] == "ok"
    assert "no heartbeats" in found["path-mtu"]["text"]


# --- Something is wrong -----------------------------------------------------

def test_clock_before_the_release(adit, ca):
    need("faketime")
    spec = f"tls:127.0.0.1:{free_port()},cafile={ca.pem}"
    fails(adit, "clock", "1970-01-02", "NTP", left(), spec,
          prefix=("faketime", "1970-01-02 00:00:00"))
    found = doctor(adit, left(), f"udp:127.0.0.1:{free_port()}",
                   fails="target", prefix=("faketime", "1970-01-02 00:00:00"))
    assert "needs no clock" in found["clock"]["text"]


def test_key_that_does_not_fit(adit, ca):
    pem, _ = ca.issue("client", use="clientAuth", names="")
    _, key = ca.issue("server")
    fails(adit, "identity", "does not belong to the certificate", "together",
          left(), f"tls:127.0.0.1:1,cafile={ca.pem},cert={pem},key={key}")
    fails(adit, "identity", "does not belong to the certificate", "together",
          f"tls-listen:127.0.0.1:{free_port()},cert={pem},key={key}",
          "udp:127.0.0.1:1")


def test_certificates_of_ours_at_the_wrong_time(adit, ca):
    for stem, first, last, says in (
            ("old", -9, -2, "has expired"), ("new", 2, 9, "not valid before")):
        pem, key = ca.issue(stem + "-client", use="clientAuth", names="",
                            first=first, last=last)
        fails(adit, "identity", says, "renew|clock", left(),
              f"tls:127.0.0.1:1,cafile={ca.pem},cert={pem},key={key}")


def test_files_that_are_wrong(adit, ca, tmp_path):
    fails(adit, "identity", "No such file", ".", left(),
          f"tls:127.0.0.1:1,cafile={tmp_path}/none")
    pem, key = ca.issue("open", use="clientAuth", names="")
    key.chmod(0o644)
    fails(adit, "identity", "users other than", "chmod 600", left(),
          f"tls:127.0.0.1:1,cafile={ca.pem},cert={pem},key={key}")
    keys = tmp_path / "keys"
    keys.write_text(f"a:{KEY}\nb:{KEY}\n")
    keys.chmod(0o600)
    fails(adit, "identity", "has 2 keys", "identity=NAME", left(),
          f"dtls:127.0.0.1:1,psk-file={keys}")


def test_name_that_is_not_there(adit, machine, tmp_path):
    m = machine("m")
    (m.etc / "nsswitch.conf").write_text("hosts: files\n")
    fails("adit", "resolution", r"nosuch\.example", "spelled.*getent", left(),
          "tcp:nosuch.example:443", prefix=m.prefix)


def test_name_server_that_is_silent(adit, machine):
    m = machine("m")
    with on(m):
        dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        dns.bind(("127.0.0.1", 53))
    (m.etc / "nsswitch.conf").write_text("hosts: dns\n")
    conf = m.etc / "resolv.conf"
    conf.unlink(missing_ok=True)
    conf.write_text("nameserver 127.0.0.1\n")
    with dns:
        fails("adit", "resolution", "no answer from the name server",
              r"resolv\.conf", left(), "tcp:vpn.example:443,timeout=1",
              prefix=m.prefix)


def test_port_at_which_nobody_listens(adit):
    fails(adit, "tcp", "refused", "start the server", left(),
          f"tcp:127.0.0.1:{free_port()}")


def test_addresses_that_do_not_answer(adit, machine):
    """A neighbour that drops all, and no route."""
    m, other = machine("m"), machine("other")
    m.connect("hole", other, "hole")
    m.up("hole", "10.99.0.1/24")
    other.up("hole")
    m.ip("neigh", "add", "10.99.0.2", "lladdr", "02:00:00:00:00:01", "dev",
         "hole")
    fails("adit", "tcp", "no answer in time", "firewall", left(),
          "tcp:10.99.0.2:443,timeout=1", prefix=m.prefix)
    fails("adit", "tcp", "[Uu]nreachable", "no way to that address", left(),
          "tcp:10.98.0.2:443,timeout=1", prefix=m.prefix)
    fails("adit", "dtls", "no answer from the server", "UDP", left(),
          f"dtls:10.99.0.2:443,timeout=1,psk={KEY}", prefix=m.prefix)
    fails("adit", "dtls", "[Uu]nreachable", "no way to that address", left(),
          f"dtls:10.98.0.2:443,timeout=1,psk={KEY}", prefix=m.prefix)


def test_captive_portal(adit, answers, ca):
    port = answers(b"HTTP/1.1 302 Found\r\nLocation: http://login/\r\n"
                   b"Content-Length: 0\r\n\r\n")
    fails(adit, "tls", "HTTP", "captive portal", left(),
          f"tls:127.0.0.1:{port},cafile={ca.pem}")


def test_certificates_that_are_refused(adit, tls_server, ca, certs):
    def refused(port, says, remedy, keys=f",cafile={ca.pem}"):
        fails(adit, "tls", says, remedy, left(), f"tls:localhost:{port}{keys}")
    refused(tls_server(), "CA that we do not trust", "cafile=FILE",
            f",cafile={certs}/ca.pem")
    refused(tls_server("other", names="DNS:vpn.example"), "vpn.example",
            "name=NAME")
    refused(tls_server("old", first=-9, last=-2), "expired", "clock.*renew")
    refused(tls_server("new", first=2, last=9), "not valid before",
            "set the clock")
    refused(tls_server("usage", use="clientAuth"), "may not be used",
            "serverAuth")


def test_server_that_wants_a_certificate(adit, tls_server, ca, certs):
    port = tls_server(keys=f",cafile={ca.pem}")
    spec = f"tls:localhost:{port},cafile={ca.pem}"
    fails(adit, "tls", "certificate", "cert=FILE|give cert", left(), spec)
    fails(adit, "tls", "the peer says", "cafile of the server", left(),
          f"{spec},cert={certs}/client.pem,key={certs}/client.key")


def test_servers_without_tls(adit, serve, silent, answers, ca):
    keys = f",cafile={ca.pem}"
    fails(adit, "tls", "not with short segments", "server with TLS",
          left(), f"tls:127.0.0.1:{silent}{keys},timeout=1")
    fails(adit, "tls", "closed|reset|not speak TLS", "without TLS", left(),
          f"tls:127.0.0.1:{serve('tcp')}{keys}")
    fails(adit, "tls", "closed|reset", "without TLS", left(),
          f"tls:127.0.0.1:{answers(b'')}{keys}")


@pytest.mark.parametrize("args,says", [
    (("-tls1_3",), r"TLS 1\.[23]|version"),
    (("-tls1_2", "-cipher", "AES128-SHA"), "cipher|handshake failure"),
])
def test_servers_with_other_tls(args, says, adit, s_server, ca):
    pem, key = ca.issue("rsa", kind="rsa2048")
    port = s_server("-cert", pem, "-key", key, *args)
    fails(adit, "tls", says, "TLS 1.2", left(),
          f"tls:localhost:{port},cafile={ca.pem}")


def test_dtls_port_at_which_nobody_listens(adit):
    fails(adit, "dtls", "unreachable", "start the server", left(),
          f"dtls:127.0.0.1:{free_port()},psk={KEY}")


def test_dtls_server_that_is_silent(adit, silent):
    fails(adit, "dtls", "no answer from the server", "UDP", left(),
          f"dtls:127.0.0.1:{silent},psk={KEY},timeout=1")


def test_dtls_keys_that_differ(adit, serve, s_server):
    port = serve("dtls", f",psk={KEY}")
    spec = f"dtls:127.0.0.1:{port},timeout=2"
    fails(adit, "dtls", "different key", "same key", left(),
          f"{spec},psk={KEY[::-1]}")
    port = s_server("-dtls1_2", "-nocert", "-psk", KEY, "-psk_identity", "me")
    fails(adit, "dtls", "different key", "same key", left(),
          f"dtls:127.0.0.1:{port},identity=me,psk={KEY[::-1]},timeout=2")


def test_dtls_suites_that_differ(adit, s_server):
    port = s_server("-dtls1_2", "-nocert", "-psk", KEY, "-psk_identity", "me",
                    "-cipher", "PSK-CHACHA20-POLY1305")
    fails(adit, "dtls", "alert handshake_failure", "common cipher suite",
          left(), f"dtls:127.0.0.1:{port},identity=me,psk={KEY},"
          "ciphers=TLS_PSK_WITH_AES_128_GCM_SHA256")


def test_dtls_identity_that_is_unknown(adit, serve, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"alice:{KEY}\n")
    keys.chmod(0o600)
    port = serve("dtls", f",psk-file={keys}")
    fails(adit, "dtls", "none for the identity", "a line for that identity",
          left(), f"dtls:127.0.0.1:{port},timeout=2,psk={KEY},identity=bob")


def test_target_that_is_not_there(adit):
    fails(adit, "target", "nothing listens", "start the service",
          f"tcp-listen:127.0.0.1:{free_port()}",
          f"udp:127.0.0.1:{free_port()}")


def test_server_without_a_device(adit, serve):
    need_tun()
    fails(adit, "target", "no device answers", "tun on the RIGHT",
          "tun:,addr=10.213.4.1/24", f"tcp:127.0.0.1:{serve('tcp')}")


def test_devices_that_cannot_be(adit, machine):
    need_tun()
    need("setpriv")
    m = machine("m")
    m.up("lo", "10.8.0.1/32")
    ends = "tcp-listen::4443", "tun:vpn,addr=10.8.0.1/24"
    fails("adit", "target", "has the address 10.8.0.1", "different addr",
          *ends, prefix=m.prefix)
    m.ip("address", "del", "10.8.0.1/32", "dev", "lo")
    fails("adit", "target", "no permission", ".", *ends, prefix=(
        *m.prefix, "setpriv", "--bounding-set=-net_admin",
        "--inh-caps=-net_admin"))
    m.sh("mount -t tmpfs tmpfs /dev/net")
    fails("adit", "target", "/dev/net/tun is not there", ".", *ends,
          prefix=m.prefix)


def test_device_that_takes_the_servers_address(adit):
    need_tun()
    fails(adit, "listen", "contains the server", "inner addresses",
          "tun:,addr=198.51.100.7/24", "ip-udp:198.51.100.1:4443")


def test_ports_that_cannot_be_had(adit, echo, machine):
    right = f"udp:127.0.0.1:{echo}"
    fails(adit, "listen", "in use", "runs already",
          f"udp-listen:127.0.0.1:{echo}", right)
    fails(adit, "listen", "assign|available", "ip addr",
          f"tcp-listen:192.0.2.1:{free_port()}", right)


def test_port_without_the_right(adit, machine):
    need("setpriv")
    m = machine("m")
    fails("adit", "listen", "[Pp]ermission", "CAP_NET_BIND_SERVICE",
          "tcp-listen:127.0.0.1:443", "ip-udp:127.0.0.1:4443",
          prefix=(*m.prefix, "setpriv", "--bounding-set=-net_bind_service",
                  "--inh-caps=-net_bind_service"))


# --- Paths ------------------------------------------------------------------

@pytest.fixture
def way(machine):
    """A client and a server with a router between, which drops IPv4 packets
    over some length and says nothing."""
    need("nft")

    def way(most):
        client, middle, server = map(machine, ("client", "middle", "server"))
        client.connect("eth0", middle, "lan")
        server.connect("eth0", middle, "wan")
        client.up("eth0", "10.79.0.2/24")
        middle.up("lan", "10.79.0.1/24")
        middle.up("wan", "10.78.0.1/24")
        server.up("eth0", "10.78.0.2/24")
        client.ip("route", "add", "default", "via", "10.79.0.1")
        server.ip("route", "add", "default", "via", "10.78.0.1")
        for m, *devices in (client, "eth0"), (server, "eth0"), \
                (middle, "lan", "wan"):
            for device in devices:
                m.ip("link", "set", device, "gso_max_segs", "1")
        middle.sh(f"""sysctl -q net.ipv4.ip_forward=1
            nft 'table ip f {{
                chain forward {{
                    type filter hook forward priority 0
                    ip length > {most} drop
                }}
            }}'""")
        return client, server
    return way


def test_tls_over_a_path_that_swallows(way, start, ca):
    client, server = way(700)
    pem, key = ca.issue("far", names="IP:10.78.0.2", kind="rsa4096")
    start(*server.prefix, "adit", "tunnel",
          f"tls-listen::4443,cert={pem},key={key}",
          "udp:127.0.0.1:9").wait(READY)
    fails("adit", "path-mtu", "packets over 576 bytes", "mss=536", left(),
          f"tls:10.78.0.2:4443,cafile={ca.pem}", prefix=client.prefix)


def test_dtls_over_a_path_that_swallows(way, start):
    client, server = way(1100)
    start(*server.prefix, "adit", "tunnel", f"dtls-listen::4443,psk={KEY}",
          "udp:127.0.0.1:9").wait(READY)
    spec = f"dtls:10.78.0.2:4443,psk={KEY}"
    found = doctor("adit", left(), spec, fails="path-mtu",
                   prefix=client.prefix)["path-mtu"]
    most = int(re.search(r"over (\d+) bytes get lost", found["text"])[1])
    # IPv4, UDP, the record with its connection ID, nonce and tag.
    assert 1100 - 20 - 8 - 46 - 20 <= most <= 1100 - 20 - 8 - 46
    assert f"MTU = {most - 32}" in found["remedy"]


# --- Output, and the configuration file -------------------------------------

def test_text(adit):
    done = run(adit, "doctor", "-v", "error", left(),
               f"tcp:127.0.0.1:{free_port()}", status=STATUS["tcp"])
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert all(len(line) < 80 for line in done.stdout.splitlines())
    for step, word in (("clock", "ok"), ("identity", "skipped"),
                       ("resolution", "ok"), ("tcp", "failed")):
        assert re.search(rf"^  {step} +{word} +\d+\.\d ms  \S", done.stdout,
                         re.M)
    assert "what to do: the machine answers" in words(done.stdout)
    assert "path-mtu" not in done.stdout


def test_colours_on_a_terminal_only(adit):
    def output(**env):
        ours, theirs = pty.openpty()
        with subprocess.Popen(
                [adit, "doctor", left(), f"tcp:127.0.0.1:{free_port()}"],
                stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL,
                env=env) as p:
            os.close(theirs)
            text = b""
            try:
                while piece := os.read(ours, 4096):
                    text += piece
            except OSError:
                pass
            os.close(ours)
            assert p.wait() == STATUS["tcp"]
        return text
    assert b"\x1b[1;31mfailed" in output(TERM="xterm")
    for env in {"TERM": "dumb"}, {}, {"TERM": "xterm", "NO_COLOR": "1"}:
        assert b"\x1b" not in output(**env)


def test_tunnels_of_a_file(adit, tmp_path, echo):
    path = tmp_path / "adit.conf"
    secret = tmp_path / "key"
    secret.write_text(KEY + "\n")
    path.write_text(f"""
[tunnel good]
left = {left()}
right = udp:127.0.0.1:{echo}
[tunnel bad]
left = {left()}
right = dtls:127.0.0.1:{free_port()}
right.psk = file:{secret}
[tunnel wrong]
left = {left()}
right = udp:127.0.0.1:{echo},nonsense=1
[tunnel preset]
preset = uotp-client
arguments = 127.0.0.1 {free_port()}
no-tls = yes
bind-port = {free_port()}
""")
    def json_of(*names, status):
        done = run(adit, "doctor", "--json", "-c", path, *names,
                   status=status)
        assert KEY not in done.stdout + done.stderr
        return done, {t["tunnel"]: t["failed"]
                      for t in json.loads(done.stdout)["tunnels"]}
    done, found = json_of(status=STATUS["dtls"])
    assert found == {"good": None, "bad": "dtls", "preset": "tcp"}
    assert "line 11: right.nonsense" in done.stderr or \
        re.search(r"line \d+: .*nonsense", done.stderr)
    assert json_of("good", status=0)[1] == {"good": None}
    assert json_of("good", "preset", status=STATUS["tcp"])[1] == \
        {"good": None, "preset": "tcp"}
    assert json_of("wrong", status=2)[1] == {}
    done = run(adit, "doctor", "-c", path, "god", status=2)
    assert 'no tunnel "god"' in done.stderr
    text = run(adit, "doctor", "-c", path, "good").stdout
    assert text.startswith("tunnel good: udp-listen:")


def test_command_lines_that_are_wrong(adit):
    done = run(adit, "doctor", "udp-listen:127.0.0.1:1", "tsl:h:1", status=2)
    assert done.stdout == "" and "did you mean tls" in done.stderr
    done = run(adit, "doctor", "--json", "udp-listen:127.0.0.1:1",
               "dtls:h:1,psk=zz", status=2)
    assert done.stdout == "" and "psk" in done.stderr
