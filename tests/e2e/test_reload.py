# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Reload: a process follows its files without a restart."""

import signal
import socket
import ssl

import pytest

from harness import READY, Udp, free_port
from pki import CA

RELOADED = r"INFO .*: reloaded: "


class Daemon:
    """adit run, with a file whose tunnels the test changes."""

    def __init__(self, adit, start, path):
        self.path = path
        self.sections = {}
        self.daemon = ""
        self._adit, self._start = adit, start
        self.process = None

    def set(self, name, left, right, *more):
        self.sections[name] = "\n".join(
            [f"[tunnel {name}]", f"left = {left}", f"right = {right}",
             *more, ""])

    def udp(self, name, port, to, *more):
        self.set(name, f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{to}",
                 *more)

    def write(self):
        self.path.write_text("\n".join([self.daemon,
                                        *self.sections.values()]))

    def run(self, *options):
        self.write()
        self.process = self._start(self._adit, "run", "-c", self.path,
                                   *options)
        self.process.wait(READY)
        return self.process

    def reload(self, says=RELOADED):
        """Waits for a line with these words; returns the mark before."""
        self.write()
        mark = self.process.mark()
        self.process.send_signal(signal.SIGHUP)
        self.process.wait(says, since=mark)
        return mark


@pytest.fixture
def daemon(adit, start, tmp_path):
    return Daemon(adit, start, tmp_path / "adit.conf")


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


def test_a_changed_tunnel_starts_again_on_its_port(daemon, start, adit, echo):
    a = free_port()
    daemon.udp("a", a, free_port())
    daemon.udp("b", free_port(), echo)
    daemon.run()
    daemon.udp("a", a, echo)
    daemon.reload("1 tunnels as before, 0 changed, 1 started again")
    with Udp(a) as u:
        assert u.ask(b"hello") == b"hello"


# --- Files that tunnels name -------------------------------------------------

KEYS = {"ann": "00112233445566778899aabbccddee01",
        "bob": "00112233445566778899aabbccddee02",
        "eve": "00112233445566778899aabbccddee03"}


def write_keys(path, *names):
    path.write_text("".join(f"{n}:{KEYS[n]}\n" for n in names))
    path.chmod(0o600)


def copy_pair(pair, pem, key):
    """What a renewal does: new files under the old names."""
    for source, to in zip(pair, (pem, key)):
        new = to.with_suffix(".new")
        new.write_bytes(source.read_bytes())
        new.chmod(0o600)
        new.rename(to)


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
