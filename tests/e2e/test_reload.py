# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Reload: a process follows its files without a restart."""

import os
import random
import signal
import socket
import ssl
import sys

import pytest

import harness
from harness import READY, Udp, free_port, until
from pki import CA
from reloads import FLOWS, RELOADED, RELOADS, Daemon, Talk, copy_pair

DONE = RELOADED + "|nothing was changed, because of"

# Answers each datagram with the same words.
SAYS = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print("port", s.getsockname()[1], flush=True)
while True:
    s.sendto(sys.argv[1].encode(), s.recvfrom(65536)[1])
"""


def start_echo_that_says(start, words):
    p = start(sys.executable, "-c", SAYS, words.decode())
    return int(p.wait(r"port (\d+)").group(1))


@pytest.fixture
def daemon(adit, start, tmp_path):
    return Daemon(start, tmp_path / "adit.conf", adit)


def test_tunnels_come_and_go(daemon, echo):
    a, b, c = (free_port() for _ in range(3))
    daemon.udp("a", a, echo)
    daemon.udp("b", b, echo)
    daemon.run()
    with Udp(a) as u, Udp(b) as v, Udp(c) as w:
        assert u.ask(b"one") == b"one"
        assert v.ask(b"one") == b"one"
        del daemon.sections["b"]
        daemon.udp("c", c, echo)
        daemon.reload("reloaded: 1 tunnels as before, 0 changed, 0 started "
                      "again, 1 added, 1 removed, 0 with a fault")
        assert u.ask(b"two") == b"two"
        assert w.ask(b"two") == b"two"
        # Its port is free again.
        daemon.udp("d", b, echo)
        daemon.reload("2 tunnels as before, .* 1 added, 0 removed")
        assert v.ask(b"two") == b"two"
        assert u.ask(b"three") == b"three"
    process = daemon.process
    assert process.stop() == 0
    process.wait(r" a: flow 1: .* ended: shutting down; .* up 3 datagrams")


def test_a_changed_tunnel_starts_again_on_its_port(daemon, echo):
    a = free_port()
    daemon.udp("a", a, free_port())
    daemon.udp("b", free_port(), echo)
    daemon.run()
    daemon.udp("a", a, echo)
    daemon.reload("1 tunnels as before, 0 changed, 1 started again")
    with Udp(a) as u:
        assert u.ask(b"hello") == b"hello"


def test_tunnels_can_exchange_their_ports(daemon, echo, start):
    other = start_echo_that_says(start, b"other")
    a, b, c = (free_port() for _ in range(3))
    daemon.udp("a", a, echo)
    daemon.udp("b", b, other)
    daemon.run()
    with Udp(a) as u, Udp(b) as v:
        assert (u.ask(b"x"), v.ask(b"x")) == (b"x", b"other")
    daemon.udp("a", b, echo)
    daemon.udp("b", a, other)
    daemon.reload("0 tunnels as before, 0 changed, 2 started again, .* "
                  "0 with a fault")
    with Udp(a) as u, Udp(b) as v:
        assert (u.ask(b"x"), v.ask(b"x")) == (b"other", b"x")
    # One takes what a later one leaves; what is in the way of none goes on.
    daemon.udp("a", a, echo)
    daemon.udp("b", c, other)
    mark = daemon.reload("2 started again, .* 0 with a fault")
    daemon.process.wait("tunnel b: stopped, since tunnel a", since=mark)
    with Udp(a) as u, Udp(c) as v:
        assert (u.ask(b"x"), v.ask(b"x")) == (b"x", b"other")


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_all_addresses_become_one_and_again_all(daemon, echo, kind):
    a = free_port()
    for host in "", "127.0.0.1", "":
        daemon.set("a", f"{kind}-listen:{host}:{a}", f"udp:127.0.0.1:{echo}")
        if daemon.process is None:
            daemon.run()
        else:
            daemon.reload("1 started again, .* 0 with a fault")
        if kind == "udp":
            with Udp(a) as u:
                assert u.ask(b"hello") == b"hello"


def inode(protocol, port):
    """What tells the socket at a port from others."""
    with open(f"/proc/net/{protocol}") as table:
        rows = [line.split() for line in table]
    found = {row[9] for row in rows if row[1] == f"0100007F:{port:04X}"
             and row[3] in ("07", "0A")}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("kind", ["udp", "tcp", "udp2tcp", "dtls"])
def test_a_changed_tunnel_keeps_its_listening_socket(daemon, echo, kind,
                                                     request):
    protocol = "udp" if kind in ("udp", "dtls") else "tcp"
    key = []
    if kind == "dtls":
        request.getfixturevalue("dtls")
        key = [f"left.psk = {KEYS['ann']}"]
    a, taken = free_port(), free_port()
    daemon.set("a", f"{kind}-listen:127.0.0.1:{a}", f"udp:127.0.0.1:{echo}",
               *key)
    process = daemon.run()
    before = inode(protocol, a)
    for size in "2M", "3M":
        daemon.set("a", f"{kind}-listen:127.0.0.1:{a}",
                   f"udp:127.0.0.1:{echo}", f"left.rcvbuf = {size}", *key)
        daemon.reload("0 tunnels as before, 0 changed, 1 started again")
        assert inode(protocol, a) == before
    # One that cannot start: the old one goes on.
    kinds = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kinds) as other:
        other.bind(("127.0.0.1", taken))
        daemon.set("a", f"{kind}-listen:127.0.0.1:{taken}",
                   f"udp:127.0.0.1:{echo}", *key)
        daemon.reload("tunnel a: .*in use.*; it stays as it was")
    assert inode(protocol, a) == before
    if kind == "udp":
        with Udp(a) as u:
            assert u.ask(b"hello") == b"hello"
    assert process.stop() == 0


# --- Files that tunnels name -------------------------------------------------

KEYS = {"ann": "00112233445566778899aabbccddee01",
        "bob": "00112233445566778899aabbccddee02",
        "eve": "00112233445566778899aabbccddee03"}


def write_keys(path, *names):
    path.write_text("".join(f"{n}:{KEYS[n]}\n" for n in names))
    path.chmod(0o600)


def served_by(port, ca):
    """The common name in the certificate that a server shows."""
    context = ssl.create_default_context(cafile=ca)
    with socket.create_connection(("127.0.0.1", port)) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as s:
        subject = s.getpeercert()["subject"]
    return dict(pair for part in subject for pair in part)["commonName"]


def ended(process, why):
    return [line for line in process.lines if f"ended: {why}" in line]


@pytest.mark.parametrize("kind", ["tls", "uott"])
def test_renewed_certificates_are_for_new_connections(
        daemon, start, adit, ca, echo, tmp_path, kind):
    port, local = free_port(), free_port()
    pem, key = tmp_path / "server.pem", tmp_path / "server.key"
    tls = ",tls" if kind == "uott" else ""
    copy_pair(ca.issue("first"), pem, key)
    daemon.set("server", f"{kind}-listen:127.0.0.1:{port}{tls}",
               f"udp:127.0.0.1:{echo}", f"left.cert = {pem}",
               f"left.key = {key}")
    daemon.run()
    client = start("tunnel", f"udp-listen:127.0.0.1:{local}",
                   f"{kind}:127.0.0.1:{port}{tls},cafile={ca.pem}")
    client.wait(READY)
    with Udp(local) as u:
        assert u.ask(b"one") == b"one"
        assert served_by(port, ca.pem) == "first"
        copy_pair(ca.issue("second"), pem, key)
        daemon.reload("1 tunnels as before")
        assert served_by(port, ca.pem) == "second"
        # A key of another certificate: nothing changes.
        key.write_bytes(ca.issue("first")[1].read_bytes())
        daemon.reload("ERROR .*this key does not belong to the certificate "
                      r"\"CN=second\".*; it stays as it was$")
        assert served_by(port, ca.pem) == "second"
        assert u.ask(b"two") == b"two"
    assert not [line for line in client.lines if "connection lost" in line
                or "ended" in line]


def test_names_that_are_gone_from_a_file_of_keys_lose_their_flows(
        daemon, start, echo, dtls, tmp_path):
    port = free_port()
    keys, own = tmp_path / "keys", tmp_path / "own"
    write_keys(keys, "ann", "bob")
    write_keys(own, *KEYS)
    daemon.set("server", f"dtls-listen:127.0.0.1:{port}",
               f"udp:127.0.0.1:{echo}", f"left.psk-file = {keys}")
    process = daemon.run()
    ends = {name: free_port() for name in KEYS}
    for name, local in ends.items():
        start("tunnel", f"udp-listen:127.0.0.1:{local}",
              f"dtls:127.0.0.1:{port},psk-file={own},identity={name}"
              ).wait(READY)
    with Udp(ends["ann"]) as ann, Udp(ends["bob"]) as bob, \
            Udp(ends["eve"]) as eve:
        assert ann.ask(b"one") == b"one"
        assert bob.ask(b"one") == b"one"
        write_keys(keys, "eve", "bob")
        daemon.reload()
        process.wait("ended: its key is gone from the file of keys")
        assert bob.ask(b"two") == b"two"
        assert eve.ask(b"two") == b"two"
        ann.send(b"two")
        process.wait("no handshake: .* ann")
        # Nothing that is half written ends anything.
        keys.write_text("bob:0")
        keys.chmod(0o600)
        daemon.reload("odd number of hexadecimal digits.*; it stays as it was")
        assert bob.ask(b"three") == b"three"
    assert len(ended(process, "its key")) == 1


@pytest.mark.parametrize("kind", ["tls", "uott"])
def test_names_that_are_gone_from_the_ca_lose_their_flows(
        daemon, start, ca, echo, tmp_path, kind):
    other = tmp_path / "other"
    other.mkdir()
    other = CA(other, "Other CA")
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(ca.pem.read_text() + other.pem.read_text())
    port = free_port()
    pem, key = ca.issue("first")
    tls = ",tls" if kind == "uott" else ""
    daemon.set("server", f"{kind}-listen:127.0.0.1:{port}{tls}",
               f"udp:127.0.0.1:{echo}", f"left.cert = {pem}",
               f"left.key = {key}", f"left.cafile = {trusted}")
    process = daemon.run()
    ends = []
    for issuer, name in (ca, "ann"), (other, "bob"):
        cert, own = issuer.issue(name, names="", use="clientAuth")
        local = free_port()
        start("tunnel", f"udp-listen:127.0.0.1:{local}",
              f"{kind}:127.0.0.1:{port}{tls},cafile={ca.pem},cert={cert},"
              f"key={own}").wait(READY)
        ends.append(local)
    with Udp(ends[0]) as ann, Udp(ends[1]) as bob:
        assert ann.ask(b"one") == b"one"
        assert bob.ask(b"one") == b"one"
        # The same CA, with other words around it.
        trusted.write_text("Ours:\n" + trusted.read_text())
        daemon.reload()
        assert bob.ask(b"two") == b"two"
        trusted.write_text(ca.pem.read_text())
        daemon.reload()
        process.wait("ended: nothing vouches for its certificate any more")
        assert ann.ask(b"three") == b"three"
    assert len(ended(process, "nothing vouches")) == 1
    assert ended(process, "nothing vouches")[0].count("flow 2: ") == 1


def test_relative_paths_begin_where_a_daemon_was_started(
        adit, start, dtls, echo, tmp_path):
    port, log = free_port(), tmp_path / "log"
    write_keys(tmp_path / "keys", "ann")
    (tmp_path / "adit.conf").write_text(
        f"[tunnel a]\nleft = dtls-listen:127.0.0.1:{port}\n"
        f"right = udp:127.0.0.1:{echo}\nleft.psk-file = keys\n")
    harness.run(adit, "run", "-d", "-c", "adit.conf", "--pidfile", "pid",
                "-l", "log", cwd=tmp_path)
    pid = int((tmp_path / "pid").read_text())
    try:
        os.kill(pid, signal.SIGHUP)
        until("a reload", lambda: "reloaded: " in log.read_text())
        assert "reloaded: 1 tunnels as before" in log.read_text()
        (tmp_path / "keys").chmod(0o644)
        os.kill(pid, signal.SIGHUP)
        until("a fault", lambda: "may read this file" in log.read_text())
    finally:
        os.kill(pid, signal.SIGTERM)
        until("its end", lambda: not (tmp_path / "pid").exists())


# --- Files that are wrong -----------------------------------------------------

def test_a_bad_file_leaves_the_old_state(daemon, echo, tmp_path):
    a, b = free_port(), free_port()
    daemon.udp("a", a, echo)
    daemon.udp("b", b, echo)
    process = daemon.run()
    with Udp(a) as u, Udp(b) as v:
        assert u.ask(b"one") == b"one"
        assert v.ask(b"one") == b"one"
        good = dict(daemon.sections)
        # A section: its tunnel stays, others change.
        daemon.udp("a", a, echo, "idel = 3")
        daemon.udp("b", b, echo, "idle = 77")
        mark = daemon.reload("1 changed, .* 1 with a fault")
        process.wait(r"idel: no such key; did you mean idle\?", since=mark)
        process.wait("tunnel b: changed; its flows go on", since=mark)
        # More than that: nothing changes.
        for words, says in (
                ("[daemon]\nusr = x", "usr: no such key"),
                ("[tunnnel c]", "nothing was changed"),
                ("include = nothing.conf", "nothing was changed")):
            daemon.sections = dict(good)
            del daemon.sections["b"]
            daemon.sections["z"] = words
            daemon.daemon = ""
            if words.startswith("include"):
                daemon.daemon = daemon.sections.pop("z")
            mark = daemon.reload("ERROR .*nothing was changed, because of")
            process.wait(says, since=mark)
        daemon.daemon = ""
        daemon.sections = {}
        daemon.reload("ERROR .*nothing was changed, because of that fault")
        daemon.path.unlink()
        mark = process.mark()
        process.send_signal(signal.SIGHUP)
        process.wait("nothing was changed", since=mark)
        assert u.ask(b"two") == b"two"
        assert v.ask(b"two") == b"two"
    assert not ended(process, "")


def test_limits_and_levels_change_without_an_end_to_flows(daemon, echo):
    a, port = free_port(), free_port()
    daemon.daemon = "[daemon]\nverbosity = info\npoller = poll"
    daemon.udp("a", a, echo, "max-flows = 1")
    process = daemon.run()
    with Udp(a) as u, Udp(a) as v:
        assert u.ask(b"one") == b"one"
        v.send(b"one")
        process.wait("max-flows sets the limit")
        daemon.udp("a", a, echo, "max-flows = 2")
        daemon.daemon = "[daemon]\nverbosity = debug\npoller = select"
        mark = daemon.reload("0 tunnels as before, 1 changed, 0 started")
        process.wait(r"WARNING .*\[daemon\]: poller: changed in the file; "
                     "that takes effect at the next start", since=mark)
        assert u.ask(b"two") == b"two"
        assert v.ask(b"two") == b"two"
        process.wait("DEBUG ", since=mark)
    assert not ended(process, "")


def test_a_tunnel_that_could_not_start_is_tried_again(daemon, echo):
    a, b = free_port(), free_port()
    daemon.udp("a", a, echo)
    daemon.udp("b", b, echo)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", b))
        process = daemon.run()
        process.wait("tunnel b does not run: .*in use")
        daemon.reload("tunnel b does not run: .*in use")
    process.wait("tunnel b runs now")
    with Udp(b) as u:
        assert u.ask(b"hello") == b"hello"


# --- Many -------------------------------------------------------------------

CARRIERS = {
    "udp": ("", ""),
    "tcp": ("", ",pool=2"),
    "tls": (",cert={pem},key={key},cafile={ca}",
            ",pool=2,cafile={ca},cert={pem},key={key}"),
    "uott": (",tls,cert={pem},key={key}", ",tls,cafile={ca}"),
    "udp2tcp": ("", ""),
    "dtls": (",psk-file={keys}", ",psk-file={keys},identity=ann"),
}


@pytest.mark.parametrize("kind", CARRIERS)
def test_reloads_of_others_and_of_files_lose_nothing(
        daemon, adit, start, ca, echo, tmp_path, kind, request):
    if kind == "dtls":
        request.getfixturevalue("dtls")
    pem, key, keys = (tmp_path / n for n in ("both.pem", "both.key", "keys"))
    pairs = [ca.issue(n, use="serverAuth,clientAuth") for n in ("one", "two")]
    copy_pair(pairs[0], pem, key)
    write_keys(keys, "ann")
    words = dict(pem=pem, key=key, ca=ca.pem, keys=keys)
    left, right = (text.format(**words) for text in CARRIERS[kind])
    local, port = free_port(), free_port()
    client = Daemon(start, tmp_path / "client.conf", adit)
    ends = (daemon, client)
    daemon.set("it", f"{kind}-listen:127.0.0.1:{port}{left}",
               f"udp:127.0.0.1:{echo}")
    client.set("it", f"udp-listen:127.0.0.1:{local}",
               f"{kind}:127.0.0.1:{port}{right}")
    others = [free_port() for _ in range(4)]
    for end in ends:
        end.udp("other", others[0] if end is daemon else others[2], echo)
        end.run()
    talk = Talk(lambda: Udp(local))
    talk.start()
    until("flows", lambda: talk.rounds >= 2 or talk.fault)
    known = ["ann"]
    for n in range(RELOADS):
        for end in ends:
            first, second = others[:2] if end is daemon else others[2:]
            end.udp("other", first, echo, f"idle = {60 + n}",
                    f"left.rcvbuf = {1 + n % 3}M")
            if n % 2:
                end.udp("guest", second, echo)
            else:
                end.sections.pop("guest", None)
        if n % 5 == 0:
            copy_pair(pairs[n // 5 % 2], pem, key)
        if n % 5 == 1:
            known.append(f"name{n}")
            keys.write_text("".join(f"{name}:{KEYS['ann']}\n"
                                    for name in known))
            keys.chmod(0o600)
        for end in ends:
            end.reload(RELOADED + ".* 0 with a fault")
        talk.next_round()
    talk.next_round(2)
    # New flows with what was renewed.
    with Udp(local) as u:
        assert u.ask(b"new") == b"new"
    talk.finish()
    for end in ends:
        end.process.send_signal(signal.SIGUSR1)
        report = end.process.wait(rf" it: .*: {FLOWS + 1} flows now, "
                                  rf"{FLOWS + 1} in all; .*; lost here: none")
        assert report
        assert not [line for line in end.process.lines
                    if " it: flow " in line and "ended" in line]


def random_section(rng, ports, words):
    kinds = ["udp", "tcp", "tls", "uott", "dtls", "udp2tcp"]
    left, right = rng.choice(kinds), rng.choice(kinds)
    keys = {"tls": ",cert={pem},key={key}", "dtls": ",psk-file={keys}",
            "uott": rng.choice(["", ",tls,cert={pem},key={key}"])}
    more = {"tls": ",cafile={ca},pool=2", "dtls": ",psk-file={keys},identity="
            "ann", "uott": rng.choice(["", ",tls,cafile={ca}"])}
    lines = [f"left = {left}-listen:127.0.0.1:{rng.choice(ports)}" +
             keys.get(left, "").format(**words),
             f"right = {right}:127.0.0.1:{rng.choice(ports)}" +
             more.get(right, "").format(**words)]
    for line in ("idle = 5", "max-flows = 7", "rate-limit = 100/5",
                 "left.rcvbuf = 2M", "right.mark = -1", "stale-mode = left",
                 "time-limit = 60-90", "idel = 3", "left.max-pending = 9",
                 "right.psk = 0"):
        if rng.random() < 0.08:
            lines.append(line)
    return lines


def test_random_reloads_leave_nothing_behind(daemon, ca, echo, dtls,
                                             tmp_path):
    """Most useful with --enable-sanitize."""
    rng = random.Random(20120)
    pem, key, keys = (tmp_path / n for n in ("x.pem", "x.key", "keys"))
    pairs = [ca.issue(n) for n in ("one", "two")]
    copy_pair(pairs[0], pem, key)
    write_keys(keys, "ann")
    words = dict(pem=pem, key=key, ca=ca.pem, keys=keys)
    ports = [free_port() for _ in range(9)]
    daemon.udp("always", ports[0], echo)
    process = daemon.run()
    fds = f"/proc/{process.pid}/fd"
    u = Udp(ports[0])
    assert u.ask(b"one") == b"one"
    before = len(os.listdir(fds))
    always = daemon.sections["always"]
    for n in range(1000):
        last, daemon.sections = daemon.sections, {"always": always}
        for name in "abcdefgh":
            chance = rng.random()
            if name in last and chance < 0.4:
                daemon.sections[name] = last[name]
                if "idle" not in last[name]:    # one that can change
                    daemon.sections[name] += f"idle = {n}\n"
            elif chance < 0.7:
                daemon.sections[name] = "\n".join(
                    [f"[tunnel {name}]",
                     *random_section(rng, ports[1:], words), ""])
        daemon.daemon = rng.choice(["", "", "", "[daemon]\nusr = x"])
        if rng.random() < 0.1:
            copy_pair(rng.choice(pairs), pem, key)
        if rng.random() < 0.1:
            write_keys(keys, "ann", *rng.sample(["bob", "eve"], n % 3))
        daemon.reload(DONE)
        for port in rng.sample(ports[1:], 2):
            with Udp(port) as v:
                try:
                    v.send(b"hello")
                except ConnectionRefusedError:
                    pass
        assert u.ask(b"%d" % n) == b"%d" % n
    daemon.daemon = ""
    daemon.sections = {"always": always}
    daemon.reload(DONE)
    until("descriptors as at the start", lambda: (
        u.ask(b"x"), len(os.listdir(fds)) <= before)[1])
    u.close()
    assert process.stop() == 0
