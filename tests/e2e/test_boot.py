# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A machine that boots: what it has not got yet comes late, and the daemon
waits for it, says so once, and comes up by itself."""

import os
import time

import pytest

import harness
from harness import READY, until

LISTEN = "udp-listen", "tcp-listen", "tls-listen", "uott-listen", \
    "udp2tcp-listen", "dtls-listen"
ADDRESS = "10.77.0.9"


@pytest.fixture
def boot(machine):
    """A machine whose only network is its loopback, without DNS."""
    m = machine("boot")
    (m.etc / "resolv.conf").unlink(missing_ok=True)
    return m


@pytest.fixture
def conf(boot):
    """Writes a configuration file."""
    def conf(text):
        path = boot.folder / "adit.conf"
        path.write_text(text)
        path.chmod(0o600)
        return path
    return conf


@pytest.fixture
def keys(boot):
    path = boot.folder / "keys"
    path.write_text("00112233445566778899aabbccddeeff\n")
    path.chmod(0o600)
    return path


def end(kind, at, certs, keys):
    """A LEFT or RIGHT end with what its kind needs."""
    if kind == "tls-listen":
        return f"{kind}:{at},cert={certs}/server.pem,key={certs}/server.key"
    if kind.startswith("dtls"):
        return f"{kind}:{at},psk-file={keys}"
    return f"{kind}:{at}"


def dialling(kind, at, certs, keys):
    """The RIGHT end that goes with a LEFT one."""
    if kind == "tls-listen":
        return f"tls:{at},cafile={certs}/ca.pem,no-name-check"
    return end(kind.replace("-listen", ""), at, certs, keys)


def add_link(m, device):
    """A device that nothing else is behind."""
    m.ip("link", "add", device, "type", "veth", "peer", "name", "other0")
    m.up("other0")


def give_address(m, device="wan0", address=ADDRESS):
    add_link(m, device)
    m.up(device, f"{address}/24")


def ask(m, port):
    """Does an `adit ping` come back there?"""
    return harness.subprocess.run(
        [*m.prefix, "adit", "ping", "-q", "-c", "1", "-w", "1",
         f"{ADDRESS if port == 9000 else '127.0.0.1'}:{port}"],
        capture_output=True).returncode == 0


@pytest.mark.parametrize("kind", LISTEN)
def test_an_address_that_comes_late_is_listened_on(boot, conf, start, certs,
                                                   keys, kind):
    start(*boot.prefix, "adit", "echo").wait("listening on")
    server = start(*boot.prefix, "adit", "run", "-c", conf(
        f"[tunnel one]\nleft = {end(kind, ADDRESS + ':9000', certs, keys)}\n"
        "right = udp:127.0.0.1:7007\n"))
    server.wait(READY)
    assert "this machine does not have the address yet" in server.text()
    give_address(boot)
    server.wait("this machine has the address now")
    port = 9000
    if kind != "udp-listen":
        port = 9001
        right = dialling(kind, ADDRESS + ":9000", certs, keys)
        start(*boot.prefix, "adit", "tunnel", "udp-listen:127.0.0.1:9001",
              right).wait(READY)
    until("datagrams come back", lambda: ask(boot, port))
    assert server.text().count("have the address") == 1
    assert server.stop() == 0


def test_on_a_command_line_a_missing_address_ends_it(boot):
    for kind in "udp-listen", "tcp-listen":
        done = boot.run("adit", "tunnel", f"{kind}:{ADDRESS}:9000",
                        "udp:127.0.0.1:7007", status=1)
        assert "no such address" in done.stderr
        assert "set bind-later=yes" in done.stderr
    left = f"udp-listen:{ADDRESS}:9000,bind-later=yes"
    with pytest.raises(harness.subprocess.TimeoutExpired):
        boot.run("adit", "tunnel", left, "udp:127.0.0.1:7007", timeout=1)


def test_it_can_be_told_not_to_wait_for_an_address(boot, conf):
    done = boot.run("adit", "run", "-c", conf(
        f"[tunnel one]\nleft = udp-listen:{ADDRESS}:9000\n"
        "left.bind-later = no\nright = udp:127.0.0.1:7007\n"), status=1)
    assert "no such address" in done.stderr


def test_an_interface_that_comes_late_is_listened_on(boot, conf, start):
    start(*boot.prefix, "adit", "echo").wait("listening on")
    server = start(*boot.prefix, "adit", "run", "-c", conf(
        "[tunnel one]\nleft = udp-listen:[fe80::9%late0]:9000\n"
        "right = udp:127.0.0.1:7007\n"))
    server.wait(READY)
    assert "late0" in server.text() and "it waits for that" in server.text()
    add_link(boot, "late0")
    boot.ip("address", "add", "fe80::9/64", "dev", "late0", "nodad")
    boot.ip("link", "set", "late0", "up")
    server.wait(r"listening on \[fe80::9%")


def test_a_name_to_listen_on_that_comes_late(boot, conf, start):
    start(*boot.prefix, "adit", "echo").wait("listening on")
    server = start(*boot.prefix, "adit", "run", "-c", conf(
        "[tunnel one]\nleft = udp-listen:router.lan:9001\n"
        "right = udp:127.0.0.1:7007\n"))
    server.wait(READY)
    assert "router.lan" in server.text()
    with open(boot.etc / "hosts", "a") as hosts:
        hosts.write("127.0.0.1 router.lan\n")
    server.wait("listening on 127.0.0.1:9001")
    until("datagrams come back", lambda: ask(boot, 9001))


@pytest.mark.parametrize("kind", [k for k in LISTEN if k != "udp-listen"])
def test_a_route_that_comes_late(machine, boot, conf, start, certs, keys,
                                 kind):
    server = machine("server")
    server.ip("address", "add", "10.88.0.1/32", "dev", "lo")
    start(*server.prefix, "adit", "echo").wait("listening on")
    start(*server.prefix, "adit", "tunnel",
          end(kind, "10.88.0.1:9000", certs, keys),
          "udp:127.0.0.1:7007").wait(READY)
    client = start(*boot.prefix, "adit", "run", "-c", conf(
        "[tunnel one]\nleft = udp-listen:127.0.0.1:9001\n"
        f"right = {dialling(kind, '10.88.0.1:9000', certs, keys)}\n"))
    client.wait(READY)
    assert not ask(boot, 9001)
    boot.connect("cable", server, "cable")
    boot.up("cable", "10.77.0.1/24")
    server.up("cable", "10.77.0.2/24")
    boot.ip("route", "add", "default", "via", "10.77.0.2")
    until("datagrams come back", lambda: ask(boot, 9001))


@pytest.mark.parametrize("kind", [k for k in LISTEN if k != "udp-listen"])
def test_dns_that_comes_late(boot, conf, start, certs, keys, kind):
    harness.need("dnsmasq")
    start(*boot.prefix, "adit", "echo").wait("listening on")
    start(*boot.prefix, "adit", "tunnel",
          end(kind, "127.0.0.1:9000", certs, keys),
          "udp:127.0.0.1:7007").wait(READY)
    client = start(*boot.prefix, "adit", "run", "-c", conf(
        "[tunnel one]\nleft = udp-listen:127.0.0.1:9001\n"
        f"right = {dialling(kind, 'server.example:9000', certs, keys)}\n"))
    client.wait(READY)
    assert not ask(boot, 9001)
    # First a name server that is not there, then one that is.
    (boot.etc / "resolv.conf").write_text("nameserver 127.0.0.54\n")
    assert not ask(boot, 9001)
    start(*boot.prefix, "dnsmasq", "--keep-in-foreground", "--no-resolv",
          "--no-hosts", "--user=root", "--log-facility=-", "--pid-file",
          "--listen-address=127.0.0.53", "--bind-interfaces",
          "--address=/server.example/127.0.0.1").wait("started")
    (boot.etc / "resolv.conf").write_text("nameserver 127.0.0.53\n")
    until("datagrams come back", lambda: ask(boot, 9001))


@pytest.mark.skipif(not os.path.exists("/dev/net/tun"),
                    reason="no /dev/net/tun")
def test_a_tun_module_that_comes_late(boot, conf, start):
    boot.sh("mount -t tmpfs tmpfs /dev/net")
    client = start(*boot.prefix, "adit", "run", "-c", conf(
        "[tunnel one]\nleft = tun:boot0,addr=10.8.0.1/24\n"
        "right = udp:127.0.0.1:7007\n"))
    client.wait("/dev/net/tun is not there")
    client.wait("tried again")
    boot.sh("mknod /dev/net/tun c 10 200")
    client.wait("tunnel one runs now")
    assert "boot0" in boot.ip("link", "show", "boot0").stdout
    assert client.stop() == 0


def test_of_several_tunnels_one_waits_for_its_port(boot, conf, start):
    start(*boot.prefix, "adit", "echo").wait("listening on")
    other = start(*boot.prefix, "adit", "echo", ":9002")
    other.wait("listening on")
    server = start(*boot.prefix, "adit", "run", "-c", conf(
        "[tunnel one]\nleft = udp-listen:127.0.0.1:9001\n"
        "right = udp:127.0.0.1:7007\n"
        "[tunnel two]\nleft = udp-listen:127.0.0.1:9002\n"
        "right = udp:127.0.0.1:7007\n"))
    server.wait("tunnel two does not run")
    server.wait(READY)
    until("datagrams come back", lambda: ask(boot, 9001))
    other.stop()
    server.wait("tunnel two runs now")
    until("datagrams come back", lambda: ask(boot, 9002))
    assert server.text().count("tunnel two does not run") == 1


class Clock:
    """A wall clock that a test sets."""

    def __init__(self, folder):
        harness.need("cc")
        shim = folder / "wrong_clock.so"
        harness.run("cc", "-shared", "-fPIC", "-o", shim,
                    os.path.join(os.path.dirname(__file__), "wrong_clock.c"))
        self.file = folder / "clock"
        self.prefix = ["env", f"LD_PRELOAD={shim}",
                       "ASAN_OPTIONS=verify_asan_link_order=0",
                       f"WRONG_CLOCK={self.file}"]
        self.set(0)

    def set(self, wall_s):
        new = self.file.with_suffix(".new")
        new.write_text(f"{int(wall_s)}\n")
        new.replace(self.file)


@pytest.fixture
def clock(boot):
    clock = Clock(boot.folder)
    # A build that is linked statically has the clock of the system.
    said = harness.subprocess.run(
        [*boot.prefix, *clock.prefix, "adit", "gencert", "-d",
         str(boot.folder), "localhost"], capture_output=True, text=True)
    if "the clock says 1970-01-01" not in said.stderr:
        pytest.skip("the clock of this build cannot be set")
    return clock


@pytest.fixture
def by_clock(boot, conf, start, certs, clock):
    """Starts clients whose clock is set by the test, of a server whose clock
    is right."""
    start(*boot.prefix, "adit", "echo").wait("listening on")
    start(*boot.prefix, "adit", "tunnel",
          end("tls-listen", "127.0.0.1:9000", certs, None),
          "udp:127.0.0.1:7007").wait(READY)

    def by_clock(*more):
        client = start(*boot.prefix, *clock.prefix, "adit", "run", "-c", conf(
            "\n".join((
                "[tunnel one]", "left = udp-listen:127.0.0.1:9001",
                f"right = tls:localhost:9000,cafile={certs}/ca.pem",
                *more, ""))))
        client.wait(READY)
        return client
    return by_clock


def test_a_clock_in_1970_keeps_no_tunnel_from_running(boot, clock, by_clock):
    # The certificates were made after the release, as all that a newer
    # machine has: a file in /etc shows how late it is.
    (boot.etc / "newest").write_text("")
    client = by_clock()
    until("datagrams come back", lambda: ask(boot, 9001))
    assert "the clock says 1970-01-01" in client.text()
    assert client.text().count("certificates are judged as of") == 1
    clock.set(time.time())
    client.wait("the certificates in use are judged again")
    until("datagrams come back", lambda: ask(boot, 9001))
    assert "has expired" not in client.text()


def test_what_has_expired_by_the_clock_ends_when_it_is_set(
        boot, clock, by_clock):
    (boot.etc / "newest").write_text("")
    client = by_clock()
    until("datagrams come back", lambda: ask(boot, 9001))
    clock.set(time.time() + 30 * 365 * 86400)
    client.wait("accepted while the clock was wrong, and has expired")
    # The next datagram has a new connection made.
    assert not ask(boot, 9001)
    client.wait("expired on")


def test_strictly_a_clock_in_1970_is_waited_for(boot, clock, by_clock):
    client = by_clock("right.time-check = strict")
    assert not ask(boot, 9001)
    client.wait("not valid before|not yet valid|is not valid")
    clock.set(time.time())
    until("datagrams come back", lambda: ask(boot, 9001))


def test_the_last_good_time_is_kept_where_there_is_a_folder(
        boot, clock, by_clock):
    boot.sh("mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/adit")
    now_s = int(time.time())
    clock.set(now_s)
    client = by_clock()
    until("datagrams come back", lambda: ask(boot, 9001))
    kept = boot.run("cat", "/var/lib/adit/clock").stdout
    assert int(kept) == now_s
    assert client.stop() == 0
    # At the next boot it is the floor: nothing in /etc is as new.
    clock.set(0)
    boot.sh("find /etc -maxdepth 1 -type f -exec touch -d @0 {} +")
    client = by_clock()
    until("datagrams come back", lambda: ask(boot, 9001))
    told = client.wait("certificates are judged as of "
                       r"([0-9]+-[0-9]+-[0-9]+ [0-9:]+)").group(1)
    # It goes on from there until that is told.
    shown_s = time.mktime(time.strptime(told, "%Y-%m-%d %H:%M:%S"))
    assert now_s <= shown_s <= now_s + 600
