# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The DTLS ends: our client and our server, and those who mean no good."""

import os
import re
import signal
import socket
import struct
import threading

import pytest

from harness import (PATIENCE, READY, Udp, free_port, has_ipv6, of_nobody,
                     refused, start_echo, until)

pytestmark = pytest.mark.usefixtures("dtls")

KEY = "00112233445566778899aabbccddeeff"
OTHER = "ffeeddccbbaa99887766554433221100"
SUITES = (
    "TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256",
    "TLS_PSK_WITH_AES_128_CCM",
    "TLS_PSK_WITH_AES_128_CCM_8",
    "TLS_PSK_WITH_AES_256_CCM_8",
    "TLS_PSK_WITH_AES_128_GCM_SHA256",
    "TLS_PSK_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256",
)
GROUPS = "X25519", "P-256", "P-384"
MOST = 16384            # bytes of a datagram that DTLS carries


@pytest.fixture
def keys(tmp_path):
    """Makes files of keys."""
    def keys(text, mode=0o600):
        path = tmp_path / f"keys-{len(list(tmp_path.iterdir()))}"
        path.write_text(text)
        path.chmod(mode)
        return path
    return keys


@pytest.fixture
def server(start, echo):
    """Starts a dtls-listen to the echo; the process and its port."""
    def server(*more, key=f"psk={KEY}", host="127.0.0.1", port=None,
               options=()):
        port = port or free_port()
        process = start("tunnel", "-v", "debug", *options, ",".join(
            (f"dtls-listen:{host}:{port}", key, *more)),
            f"udp:127.0.0.1:{echo}")
        process.wait(READY)
        return process, port
    return server


@pytest.fixture
def client(start):
    """Starts a dtls to a port, or to what is given in full; the process and
    its UDP port."""
    def client(to, *more, key=f"psk={KEY}", options=()):
        port = free_port()
        to = f"127.0.0.1:{to}" if isinstance(to, int) else to
        process = start("tunnel", "-v", "debug", *options,
                        f"udp-listen:127.0.0.1:{port}",
                        ",".join((f"dtls:{to}", key, *more)))
        process.wait(READY)
        return process, port
    return client


def report(process):
    """The line that says what was lost."""
    mark = process.mark()
    process.send_signal(signal.SIGUSR1)
    return process.wait(r"lost here: (.*)", since=mark)[1]


class UdpRelay:
    """A UDP relay for one client, whose source port can change."""

    def __init__(self, target):
        self.target = "127.0.0.1", target
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.near.bind(("127.0.0.1", 0))
        self.port = self.near.getsockname()[1]
        self.client = None
        self.up = []            # datagrams to the server
        self.down = []          # and from it
        self.open = True
        self.held = None        # a list: what goes up is put there instead
        self.far = None
        self.rebind()
        threading.Thread(target=self._go_up, daemon=True).start()

    def rebind(self):
        """Goes on from another source port, which it returns."""
        old, self.far = self.far, socket.socket(socket.AF_INET,
                                                socket.SOCK_DGRAM)
        self.far.bind(("127.0.0.1", 0))
        threading.Thread(target=self._go_down, args=(self.far,),
                         daemon=True).start()
        if old is not None:
            old.close()
        return self.far.getsockname()[1]

    def _go_up(self):
        while self.open:
            try:
                data, self.client = self.near.recvfrom(70000)
                held = self.held
                if held is not None:
                    held.append(data)
                    continue
                self.up.append(data)
                self.far.sendto(data, self.target)
            except OSError:
                pass

    def _go_down(self, far):
        while self.open:
            try:
                data = far.recv(70000)
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if far is self.far and self.open:
                self.down.append(data)
                self.near.sendto(data, self.client)

    def close(self):
        self.open = False
        for s in self.near, self.far:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


@pytest.fixture
def relay():
    """Makes relays."""
    made = []

    def relay(target):
        made.append(UdpRelay(target))
        return made[-1]

    yield relay
    for one in made:
        one.close()


def hello(random, cookie=b"", seq=0, suites=(0x00a8,)):
    """A datagram with a ClientHello."""
    body = b"\xfe\xfd" + random + b"\0" + bytes([len(cookie)]) + cookie
    body += struct.pack(">H", 2 * len(suites))
    body += b"".join(struct.pack(">H", s) for s in suites) + b"\x01\x00"
    extensions = b"\x00\x17\x00\x00" b"\xff\x01\x00\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + \
        struct.pack(">H", seq) + b"\0\0\0" + len(body).to_bytes(3, "big") + \
        body
    return b"\x16\xfe\xfd\0\0" + seq.to_bytes(6, "big") + \
        struct.pack(">H", len(message)) + message


def cookie_of(datagram):
    """The cookie of a HelloVerifyRequest."""
    assert datagram[0] == 22 and datagram[13] == 3, datagram
    return datagram[28:28 + datagram[27]]


def stranger(server, address="127.0.0.1"):
    """A socket that has sent nothing yet."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(PATIENCE)
    s.bind((address, 0))
    s.connect(("127.0.0.1", server))
    return s


def half_open(server):
    """Begins a handshake, with cookie, and does not go on with it."""
    s = stranger(server)
    random = os.urandom(32)
    s.send(hello(random))
    s.send(hello(random, cookie_of(s.recv(2000)), 1))
    assert s.recv(2000)[13] == 2        # ServerHello
    return s


#
# Datagrams
#

@pytest.mark.parametrize("more", [(), ("no-cid",), ("no-offload",)],
                         ids=["cid", "no-cid", "no-offload"])
def test_datagrams_of_all_sizes_come_back(server, client, udp, more):
    far, port = server(*more)
    near, port = client(port, *more)
    s = udp(port)
    for size in 0, 1, 2, 63, 1400, 1500, 9000, MOST - 1, MOST:
        data = os.urandom(size)
        assert s.ask(data) == data, size
    # One that is too large for a record is lost, and that is told.
    s.send(bytes(MOST + 1))
    s.send(bytes(65507))
    assert s.ask(b"still there") == b"still there"
    assert report(near) == "2 too big"
    assert report(far) == "none"


@pytest.mark.parametrize("suite", SUITES)
def test_each_suite_carries_datagrams(server, client, udp, suite):
    far, port = server()
    _, port = client(port, f"ciphers={suite}")
    s = udp(port)
    for size in 1, 0, 15, 16, 17, 1200, MOST:
        data = os.urandom(size)
        assert s.ask(data) == data, size
    far.wait(f"flow 1: .* {suite}, " +
             ("X25519, " if "ECDHE" in suite else "") +
             "connection ID, after")


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_carries_datagrams(server, client, udp, group):
    far, port = server(f"groups={group}")
    _, port = client(port, f"groups={group}")
    assert udp(port).ask(b"hello") == b"hello"
    far.wait(f"flow 1: .* TLS_ECDHE_PSK_WITH_.*, {group}, ")


def test_the_servers_list_of_suites_holds(server, client, udp):
    far, port = server("ciphers=TLS_PSK_WITH_AES_128_CCM:"
                       "TLS_PSK_WITH_AES_128_CCM_8")
    _, local = client(port)
    assert udp(local).ask(b"hello") == b"hello"
    far.wait("flow 1: .* TLS_PSK_WITH_AES_128_CCM, connection ID")
    near, local = client(port, "ciphers=TLS_PSK_WITH_AES_128_GCM_SHA256",
                         "timeout=2")
    udp(local).send(b"hello")
    near.wait("WARNING .* flow 1: .*no cipher suite in common")
    far.wait("WARNING .* no handshake: ")


@pytest.mark.parametrize("host", ["[::1]", ""], ids=["::1", "wildcard"])
def test_ipv6_and_wildcard_addresses(server, client, udp, host):
    if not has_ipv6():
        pytest.skip("no IPv6 here")
    process, port = server(host=host)
    _, local = client(f"[::1]:{port}")
    assert udp(local).ask(b"six") == b"six"
    if host == "" and "a socket for each address" not in process.text():
        # Answers come from the address that was asked, else they would not
        # reach a connected socket.
        for address in "127.0.0.1", "127.0.0.2":
            _, local = client(f"{address}:{port}")
            assert udp(local).ask(b"four") == b"four"


def test_what_is_sent_before_the_handshake_is_over_arrives_in_order(
        server, client, udp):
    _, port = server()
    _, port = client(port)
    s = udp(port)
    for i in range(50):
        s.send(b"%d" % i)
    assert [int(s.recv(100)) for _ in range(50)] == list(range(50))


def test_small_handshake_datagrams_are_enough(server, client, udp):
    """Messages come in fragments of 60 bytes."""
    _, port = server("mtu=60")
    _, port = client(port, "mtu=60")
    s = udp(port)
    data = os.urandom(5000)
    assert s.ask(data) == data


def test_many_flows_at_once(server, client, udp):
    far, port = server()
    _, port = client(port)
    sockets = [udp(port) for _ in range(100)]
    for i, s in enumerate(sockets):
        s.send(b"%d" % i)
    for i, s in enumerate(sockets):
        assert s.recv(100) == b"%d" % i
    far.wait("flow 100: .* began")


def test_bulk_is_complete(server, client, udp, adit):
    """GSO and GRO, runs of one source, queues."""
    _, port = server()
    _, port = client(port)
    s = udp(port)
    seen = set()
    for turn in range(50):
        for i in range(60):
            s.send(struct.pack(">HH", turn, i) + bytes(1196))
        for i in range(60):
            seen.add(s.recv(2000)[:4])
    assert len(seen) == 3000


#
# Keys
#

def test_each_client_has_its_key_and_its_name(server, client, udp, keys):
    file = keys("# ours\n\nalice:0011223344556677\nbob:" + OTHER + "\r\n")
    far, port = server(key=f"psk-file={file}")
    _, local = client(port, "identity=bob", key=f"psk-file={file}")
    assert udp(local).ask(b"hello") == b"hello"
    far.wait("flow 1: .* began, peer bob$")
    only = keys("alice:0011223344556677\n")
    _, local = client(port, key=f"psk-file={only}")
    assert udp(local).ask(b"hello") == b"hello"
    far.wait("flow 2: .* began, peer alice$")
    # A name with another's key is a wrong key.
    near, local = client(port, "identity=alice", "timeout=3",
                         key=f"psk={OTHER}")
    udp(local).send(b"hello")
    near.wait("flow 1: .*is the key the same on both sides")


def test_a_key_alone_is_for_every_name(server, client, udp):
    far, port = server()
    _, local = client(port, "identity=Zoë\\")
    assert udp(local).ask(b"hello") == b"hello"
    # It proves no name: whoever has it could take any.
    far.wait(r"the peer calls itself Zo\\xc3\\xab\\x5c, with")
    far.wait(r"flow 1: .* began$")


@pytest.mark.parametrize("verify", ["skip-verify", None],
                         ids=["no-cookie", "cookie"])
def test_a_wrong_key_is_met_with_silence(server, client, udp, relay, verify):
    far, port = server("timeout=2", *filter(None, [verify]))
    between = relay(port)
    near, local = client(between.port, "timeout=3", key=f"psk={OTHER}")
    udp(local).send(b"hello")
    near.wait("WARNING .* flow 1: 127.0.0.1:.* answers, but does not finish "
              "the handshake: is the key the same")
    near.wait(r"flow 1: .* ended: .*is the key the same.* lost 1$")
    far.wait(r"WARNING .* no handshake: wrong key of identity .* \(127.0.0.1:")
    # No alert, and no storm: its hello, repeated a few times.
    assert all(d[0] == 22 for d in between.down)
    assert len(between.down) <= 8, len(between.down)
    assert "began" not in far.text()


def test_an_unknown_name_is_met_with_the_same_silence(
        server, client, udp, relay, keys):
    far, port = server(key=f"psk-file={keys('alice:' + KEY)}")
    between = relay(port)
    near, local = client(between.port, "identity=mallory", "timeout=3")
    udp(local).send(b"hello")
    near.wait("WARNING .* flow 1: .* answers, but does not finish")
    assert all(d[0] == 22 for d in between.down)
    assert "began" not in far.text()


@pytest.mark.parametrize("text, says", [
    ("", "no key in it; a line is IDENTITY:HEXKEY or HEXKEY"),
    ("# x\nalice:00\nbob:\n", "line 3: the key is missing"),
    ("alice:0g\n", "line 1: the key is not hexadecimal"),
    ("alice:001\n", "line 1: .* odd number"),
    ("alice:00\nbob:11\nalice:22\n", "line 3: this identity has a key"),
    ("a" * 129 + ":00\n", "line 1: the identity is too long"),
    ("alice:" + 257 * "00", "line 1: the key is too long"),
])
def test_a_file_that_is_wrong_is_refused(adit, keys, text, says):
    file = keys(text)
    refused(adit, "tunnel", f"dtls-listen:127.0.0.1:1,psk-file={file}",
            "udp:127.0.0.1:9", status=2, says=f"{file}: {says}")


@pytest.mark.parametrize("spec, says", [
    ("", "a key is needed: psk-file=FILE, or psk=HEX"),
    (f"psk={KEY},psk-file=x", "psk and psk-file exclude each other"),
    ("psk=", "psk: no key"),
    ("psk=abc", "psk: the key has an odd number"),
    ("psk=xy", "psk: the key is not hexadecimal"),
    ("psk-file=/nonexistent", "/nonexistent: cannot read the file of keys"),
    (f"psk={KEY},ciphers=TLS_FOO",
     'ciphers: "TLS_FOO" is no cipher suite of ours; there are: TLS-'),
    (f"psk={KEY},ciphers={SUITES[0]}::{SUITES[1]}", 'ciphers: "" is no'),
    (f"psk={KEY},ciphers={SUITES[0]}:", 'ciphers: "" is no'),
    (f"psk={KEY},ciphers={SUITES[0]}:{SUITES[0]}", "is given twice"),
    (f"psk={KEY},groups=P-521",
     'groups: "P-521" is no group of ours; there are: X25519:P-256:P-384'),
    (f"psk={KEY},identity={'n' * 129}", "identity: 129 bytes are too many"),
    (f"psk={KEY},mtu=59", "mtu"),
])
def test_settings_that_are_wrong_are_refused(adit, spec, says):
    refused(adit, "tunnel", "udp-listen:127.0.0.1:0",
            "dtls:127.0.0.1:9" + ("," + spec if spec else ""), status=2,
            says=says)


def test_a_client_must_know_which_key(adit, keys):
    file = keys(f"alice:{KEY}\nbob:{OTHER}\n")
    to = f"dtls:127.0.0.1:9,psk-file={file}"
    refused(adit, "tunnel", "udp-listen:127.0.0.1:0", to, status=2,
            says="has 2 keys; choose one with identity=NAME")
    refused(adit, "tunnel", "udp-listen:127.0.0.1:0", to + ",identity=eve",
            status=2, says=f'identity: "eve" has no line in {file}')


def test_keys_that_others_may_read_are_refused(adit, keys):
    for mode in 0o604, 0o640:
        file = keys(f"alice:{KEY}\n", mode)
        of_nobody(file)
        refused(adit, "tunnel", f"dtls-listen:127.0.0.1:1,psk-file={file}",
                "udp:127.0.0.1:9", status=2, says=f"chmod 600 {file}")


def test_a_key_on_the_command_line_is_not_seen_for_long(server, client):
    far, port = server()
    near, _ = client(port)
    for process in far, near:
        with open(f"/proc/{process.pid}/cmdline", "rb") as f:
            line = f.read()
        assert KEY.encode() not in line
        assert b"psk=xxxx" in line


def test_a_short_key_is_warned_of(server):
    far, _ = server(key="psk=00112233")
    far.wait("WARNING .* a key of 4 bytes can be guessed")


#
# Coming and going
#

def test_the_server_learns_that_the_client_ends(server, client, udp):
    far, port = server()
    near, local = client(port)
    assert udp(local).ask(b"hello") == b"hello"
    assert near.stop() == 0
    far.wait("flow 1: .* ended: closed by the peer")


def test_after_the_servers_leave_the_next_datagram_begins_anew(
        server, client, udp):
    far, port = server()
    near, local = client(port)
    s = udp(local)
    assert s.ask(b"hello") == b"hello"
    assert far.stop() == 0
    near.wait("flow 1: .* ended: closed by the peer")
    server(port=port)
    assert s.ask(b"again") == b"again"
    near.wait("flow 2: .* began")


def test_a_server_that_starts_late_is_reached(server, client, udp):
    port = free_port()
    near, local = client(port)
    s = udp(local)
    s.send(b"early")
    near.wait("WARNING .*refused .*retrying until the time-out")
    server(port=port)
    assert s.recv(100) == b"early"


def test_who_does_not_answer_is_told(client, udp):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        near, local = client(deaf.getsockname()[1], "timeout=0.5")
        udp(local).send(b"hello")
        near.wait(r"WARNING .* flow 1: no answer from 127.0.0.1:\d+: is UDP "
                  "blocked, or the key wrong")
        near.wait("flow 1: .* ended: no answer from .* lost 1$")
    near, local = client(free_port(), "timeout=0.5")
    udp(local).send(b"hello")
    near.wait(r"flow 1: no answer from .*: nothing listens there \(ICMP\)")


def test_a_name_without_address_is_told(client, udp):
    near, local = client("nowhere.invalid:443")
    udp(local).send(b"hello")
    near.wait("WARNING .* flow 1: .*nowhere.invalid")
    near.wait("flow 1: .* ended: ")


def test_a_server_that_refuses_is_not_asked_for_each_datagram(
        server, client, udp):
    _, port = server(f"ciphers={SUITES[1]}")
    near, local = client(port, f"ciphers={SUITES[4]}")
    s = udp(local)
    for _ in range(200):
        s.send(b"hello")
    near.wait("WARNING .* flow 1: ")
    for _ in range(200):
        s.send(b"hello")
    near.wait("flow 1: .* ended: ")
    assert "flow 2" not in near.text()


def test_another_endpoint_of_a_group_is_used(server, client, udp):
    _, port = server()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        dead = deaf.getsockname()[1]
        near, local = client(
            f"{{127.0.0.1:{dead},127.0.0.1:{port}}}", "timeout=1")
        for _ in range(4):      # at least one begins with the dead one, in
            s = udp(local)      # 15 of 16 cases
            s.ask_until_answered()
        until("all flows are at the living one", lambda: len(re.findall(
            "right is up", near.text())) >= 4)


@pytest.mark.parametrize("cid", [True, False], ids=["cid", "no-cid"])
def test_a_client_that_was_killed_comes_back_from_its_old_port(
        server, client, udp, relay, cid):
    far, port = server(*(() if cid else ("no-cid",)))
    between = relay(port)
    near, local = client(between.port)
    assert udp(local).ask(b"hello") == b"hello"
    near.kill()
    _, local = client(between.port)
    assert udp(local).ask(b"again") == b"again"
    far.wait("flow 1: .* ended: its client has restarted")
    assert far.text().count(" began") == 2


def test_a_hello_without_cookie_ends_nothing(server, client, udp):
    """Even where cookies are left out, one is asked for when there is an
    association already."""
    far, port = server("skip-verify")
    # The server sees this relay's address, and so does a forger.
    s = stranger(port)
    own = s.getsockname()[1]
    s.close()
    between = UdpRelay(port)
    between.far.close()
    between.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    between.far.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    between.far.bind(("127.0.0.1", own))
    threading.Thread(target=between._go_down, args=(between.far,),
                     daemon=True).start()
    _, local = client(between.port)
    s = udp(local)
    assert s.ask(b"hello") == b"hello"
    before = len(between.down)
    for i in range(20):
        between.far.sendto(hello(os.urandom(32)), ("127.0.0.1", port))
    until("cookies are asked for", lambda: len(
        [d for d in between.down[before:] if (d[0], d[13]) == (22, 3)]) == 20)
    assert s.ask(b"still") == b"still"
    assert far.text().count(" began") == 1
    assert "ended" not in far.text()
    between.close()


def test_a_client_may_move(server, client, udp, relay):
    far, port = server()
    between = relay(port)
    _, local = client(between.port)
    s = udp(local)
    assert s.ask(b"one") == b"one"
    for turn in range(3):
        new = between.rebind()
        data = b"%d" % turn
        assert s.ask(data) == data
        far.wait(f"flow 1: moved from 127.0.0.1:[0-9]* to 127.0.0.1:{new}$")
    assert far.text().count(" began") == 1
    # An older record from elsewhere is delivered, but does not move it, and
    # a copy of the newest does nothing at all.
    between.held = held = []
    s.send(b"late")
    until("a record is held back", lambda: held)
    between.held = None
    assert s.ask(b"two") == b"two"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.sendto(held[0], ("127.0.0.1", port))
        assert s.recv(100) == b"late"
        thief.sendto(between.up[-1], ("127.0.0.1", port))
        assert s.ask(b"three") == b"three"
    assert far.text().count("moved") == 3
    assert report(far) == "1 not authentic"


def test_a_server_that_forgot_everything_is_found_again(
        server, client, udp, relay):
    far, port = server()
    between = relay(port)           # so that no ICMP tells of it
    near, local = client(between.port)
    s = udp(local)
    assert s.ask(b"hello") == b"hello"
    far.kill()
    server(port=port)
    took = s.ask_until_answered(timeout=40)
    assert 3 < took < 20, took
    near.wait("flow 1: nothing came back; it has a new association")
    assert "flow 2" not in near.text()


#
# Strangers
#

def flood(server, n, sent=None):
    """n hellos, each from an address of its own."""
    for i in range(n):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            s.bind((f"127.{1 + i % 200}.{i // 200 % 250}.7", 0))
            s.sendto(hello(os.urandom(32)), ("127.0.0.1", server))
        finally:
            s.close()
        if sent is not None and i == n // 2:
            sent.set()


@pytest.mark.parametrize("mode", ["cookie", "skip-verify"])
def test_a_flood_of_hellos_costs_no_memory(server, client, udp, figures,
                                           mode):
    far, port = server(*(["skip-verify"] if mode != "cookie" else []))
    _, local = client(port)
    assert udp(local).ask(b"warm") == b"warm"
    flood(port, 600)
    before = far.rss_kib()
    half = threading.Event()
    thread = threading.Thread(target=flood, args=(port, 50000, half))
    thread.start()
    half.wait()
    # In the middle of it others get in.
    for _ in range(3):
        _, local = client(port)
        s = udp(local)
        took = s.ask_until_answered(b"honest")
        assert took < 8
    thread.join()
    grown = far.rss_kib() - before
    figures(f"{mode}: {grown} KiB more after 50,000 hellos")
    # A few bytes for each would be far more.
    assert grown < 2048, grown
    assert len(far.lines) < 200


def test_handshakes_under_way_are_bounded(server, client, udp):
    far, port = server("half-open=8", "timeout=60")
    kept = [half_open(port) for _ in range(8)]
    assert "handshakes are under way" not in far.text()
    _, local = client(port)
    udp(local).ask_until_answered(b"honest")
    far.wait("WARNING .* 8 handshakes are under way; the oldest was dropped")
    far.wait("WARNING .* 8 handshakes are under way; a new one was dropped")
    for s in kept:
        s.close()


def test_cookies_are_asked_for_under_load_only(server):
    far, port = server("half-open=8", "skip-verify", "timeout=60")
    kept = [stranger(port) for _ in range(6)]
    kinds = []
    for s in kept:
        s.send(hello(os.urandom(32)))
        kinds.append(s.recv(2000)[13])
    assert kinds == [2, 2, 2, 2, 3, 3]
    for s in kept:
        s.close()


def test_a_handshake_that_is_not_finished_is_forgotten(server):
    far, port = server("timeout=0.5")
    half_open(port).close()
    far.wait("WARNING .* no handshake in 0.5 s")


def test_junk_from_strangers_is_counted_and_nothing_else(server, client,
                                                          udp):
    far, port = server()
    _, local = client(port)
    s = udp(local)
    assert s.ask(b"hello") == b"hello"
    far.wait("flow 1: .* is heard")
    lines = far.mark()
    own = hello(bytes(32))
    junk = [b"", b"\x16", bytes(13), bytes(2000), own[:-1], own[:40],
            b"\x17\xfe\xfd" + bytes(10), b"\x19\xfe\xfd" + bytes(30),
            b"\x16\xfe\xfd" + b"\xff" * 60, b"\x14\xfe\xfd\0\1" +
            b"\xff" * 6 + b"\0\1\1"]
    other = stranger(port)
    for data in junk:
        other.send(data)
    assert s.ask(b"still") == b"still"
    assert far.mark() == lines
    assert re.fullmatch(r"\d+ not authentic", report(far))
    other.close()


def test_limits_of_the_tunnel_hold(server, client, udp):
    far, port = server(options=("--max-flows", "2"))
    _, local = client(port, "timeout=2")
    for _ in range(2):
        assert udp(local).ask(b"in") == b"in"
    s = udp(local)
    s.send(b"out")
    far.wait("WARNING .* flow refused: 2 are there already")
    assert s.silent_for(1)
