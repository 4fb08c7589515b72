# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Rights after start: what a daemon that became a user can still do, by its
privileged process, and what somebody who has taken it over cannot."""

import array
import ctypes
import os
import pwd
import re
import signal
import socket
import struct
import subprocess

import pytest

from harness import (PATIENCE, READY, Udp, alone, free_port, need, need_root,
                     run, until)

KEYS = ("00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100")
RELOADED = r"INFO .*: reloaded: "
USER = "nobody"
# Of struct allow_request.
(OPEN, LOOK, LOG, BIND, MARK, TUN, MTU, ROUTE, RELOAD, VARIABLE, HOOK,
 HOOK_LOOK, HOOK_KILL) = range(1, 14)
TCP, UDP = 0, 1
REQUEST = struct.Struct("II B16sxHI 1024s")


@pytest.fixture(autouse=True)
def only_as_root():
    need_root()
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc")


def status(pid):
    with open(f"/proc/{pid}/status") as f:
        return {line.split(":")[0]: line.split(":")[1].split()
                for line in f if ":" in line}


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and status(entry)["PPid"] == [str(pid)]:
                found.append(int(entry))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def monitor_of(pid):
    found = [c for c in children(pid)
             if status(c)["Name"] == ["adit-privileged"]]
    return found[0] if found else None


def gone(pid):
    try:
        return status(pid)["State"][0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def descriptors(pid):
    return {int(fd): os.readlink(f"/proc/{pid}/fd/{fd}")
            for fd in os.listdir(f"/proc/{pid}/fd")}


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def section(name, left, right, *more):
    return "\n".join([f"[tunnel {name}]", f"left = {left}",
                      f"right = {right}", *more, ""])


class Daemon:
    """adit run as root, which becomes nobody.  Nothing in its folder is for
    others."""

    def __init__(self, adit, start, folder):
        self.command = [adit, "run", "-c", folder / "adit.conf"]
        self.start = start
        self.folder = folder
        self.head = f"[daemon]\nuser = {USER}\npidfile = {folder}/pid\n"
        self.sections = {}
        self.process = None
        self.pid = None

    def write(self):
        private(self.folder / "adit.conf",
                self.head + "".join(self.sections.values()))

    def set(self, name, *lines):
        self.sections[name] = section(name, *lines)

    def run(self, *before):
        self.write()
        self.process = self.start(*before, *self.command)
        self.process.wait(READY, count=len(self.sections))
        self.pid = int((self.folder / "pid").read_text())
        return self.process

    def reload(self, says=RELOADED):
        self.write()
        mark = self.process.mark()
        os.kill(self.pid, signal.SIGHUP)
        self.process.wait(says, since=mark)


@pytest.fixture
def daemon(adit, start, tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o700)
    return Daemon(adit, start, folder)


# --- The processes -----------------------------------------------------------

def test_only_the_privileged_process_has_rights(daemon, echo):
    port = free_port()
    psk = private(daemon.folder / "psk", KEYS[0])
    daemon.set("a", f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}",
               "right.mark = 7")
    daemon.set("b", f"dtls-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}", f"left.psk-file = {psk}")
    named = free_port()
    daemon.set("c", f"udp-listen:127.0.0.1:{named}", f"udp:localhost:{echo}")
    daemon.run()
    with Udp(port) as u:            # marked sockets
        assert u.ask(b"hello") == b"hello"
    with Udp(named) as u:           # which names are looked up for
        assert u.ask(b"hello") == b"hello"
    monitor = monitor_of(daemon.pid)
    resolvers = [c for c in children(daemon.pid) if c != monitor]
    resolvers += [g for c in resolvers for g in children(c)]
    assert len(resolvers) == 2
    uid = str(pwd.getpwnam(USER).pw_uid)
    for pid in daemon.pid, *resolvers:
        s = status(pid)
        assert s["Uid"] == s["Gid"] == [uid] * 4 or s["Uid"] == [uid] * 4
        assert "0" not in s["Groups"] + s["Gid"]
        for caps in "CapEff", "CapPrm", "CapInh", "CapAmb":
            assert int(s[caps][0], 16) == 0, caps
        assert s["NoNewPrivs"] == ["1"]
    assert status(monitor)["Uid"] == ["0"] * 4
    assert status(monitor)["PPid"] == [str(daemon.pid)]
    fds = descriptors(monitor)
    assert sorted(fds) == [0, 1, 2, 3, 4]
    assert [fds[n] for n in range(3)] == ["/dev/null"] * 3
    assert fds[3].startswith("socket:")
    assert fds[4].startswith("pipe:")       # the log
    # Nothing of it is a socket of a network.
    inode = fds[3].strip("socket:[]")
    with open("/proc/net/unix") as f:
        assert inode in f.read()
    # It has no keys, and nobody's programs cannot look into the other.
    assert not in_memory(monitor, KEYS[0].encode())
    assert os.stat(f"/proc/{daemon.pid}/fd").st_uid == 0


def in_memory(pid, needle):
    with open(f"/proc/{pid}/maps") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not m:
                continue
            begin, end = (int(x, 16) for x in m.groups())
            memory.seek(begin)
            try:
                if needle in memory.read(end - begin):
                    return True
            except OSError:
                pass
    return False


def test_secrets_are_not_in_the_privileged_process(daemon, echo):
    """A key in the configuration itself, and one in a file of its own, as hex
    digits; the log, where nobody looks, is told neither."""
    secret = private(daemon.folder / "secret", KEYS[1])
    for name, psk in ("a", KEYS[0]), ("b", f"file:{secret}"):
        daemon.set(name, f"dtls-listen:127.0.0.1:{free_port()}",
                   f"udp:127.0.0.1:{echo}", f"left.psk = {psk}")
    daemon.run()
    monitor = monitor_of(daemon.pid)
    for key in KEYS:
        assert not in_memory(monitor, key.encode())
    daemon.reload()
    for key in KEYS:
        assert not in_memory(monitor, key.encode())
    assert daemon.process.rss_kib() > 0


# --- A reload ----------------------------------------------------------------

def test_a_reload_reads_what_only_root_can_read(daemon, start, adit, echo):
    """Configuration, included files and keys: all 0600, in folders of 0700."""
    more = daemon.folder / "conf.d"
    more.mkdir(mode=0o700)
    daemon.head = "include = conf.d/*.conf\n" + daemon.head
    psk = private(daemon.folder / "psk", f"old:{KEYS[0]}\n")
    first, second, port = (free_port() for _ in range(3))
    daemon.set("a", f"dtls-listen:127.0.0.1:{first}", f"udp:127.0.0.1:{echo}",
               f"left.psk-file = {psk}")
    daemon.run()
    psk = private(daemon.folder / "renewed",
                  f"old:{KEYS[0]}\nnew:{KEYS[1]}\n")
    daemon.set("a", f"dtls-listen:127.0.0.1:{first}", f"udp:127.0.0.1:{echo}",
               f"left.psk-file = {psk}")
    key = private(daemon.folder / "other", KEYS[1])
    private(more / "b.conf", section(
        "b", f"dtls-listen:127.0.0.1:{second}", f"udp:127.0.0.1:{echo}",
        f"left.psk-file = {key}"))
    private(more / ".b.conf.swp", "nonsense")
    daemon.reload(r"1 added, 0 removed, 0 with a fault")
    for server, identity in (first, "new"), (second, "any"):
        port = free_port()
        client = private(daemon.folder / f"{identity}.key",
                         f"{identity}:{KEYS[1]}\n")
        start(adit, "tunnel", f"udp-listen:127.0.0.1:{port}",
              f"dtls:127.0.0.1:{server},psk-file={client}").wait(READY)
        with Udp(port) as u:
            u.ask_until_answered(b"hello")
    # The included file goes: so does its tunnel.
    (more / "b.conf").unlink()
    daemon.reload(r"0 added, 1 removed, 0 with a fault")


def test_a_reload_opens_ports_below_1024(daemon):
    daemon.set("a", "udp-listen:127.0.0.1:5000", "udp:127.0.0.1:6000")
    daemon.run(*alone())
    daemon.set("b", "tcp-listen:127.0.0.1:443", "udp:127.0.0.1:6000")
    daemon.set("c", "udp-listen:127.0.0.1:53", "udp:127.0.0.1:6000")
    daemon.set("d", "udp-listen:[::1]:853", "udp:127.0.0.1:6000")
    daemon.set("e", "tcp-listen::80", "udp:127.0.0.1:6000")
    daemon.reload("1 tunnels as before, .* 4 added, 0 removed, 0 with")
    for at in (r"127.0.0.1:443", r"127.0.0.1:53", r"\[::1\]:853",
               r"0.0.0.0:80", r"\[::\]:80"):
        daemon.process.wait(f"listening on {at}$")
    assert int(status(daemon.pid)["CapEff"][0], 16) == 0


def in_network(pid, *args):
    need("nsenter", "ip")
    return run("nsenter", "-t", pid, "-n", *args).stdout


def test_a_reload_and_a_loss_make_a_device_again(daemon):
    need("ip")
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("no /dev/net/tun")
    daemon.set("a", "udp-listen:127.0.0.1:5000", "udp:127.0.0.1:6000")
    daemon.set("d", "tun:adit7", "udp:127.0.0.1:6001", "left.addr = "
               "10.9.0.1/24")
    daemon.run(*alone())
    # A second address: the device is opened again.
    daemon.set("d", "tun:adit7", "udp:127.0.0.1:6001",
               "left.addr = 10.9.0.2/24", "left.mtu = 1300")
    daemon.reload("1 tunnels as before, .* 1 started again")
    shown = in_network(daemon.pid, "ip", "addr", "show", "adit7")
    assert "10.9.0.2/24" in shown and "mtu 1300" in shown
    assert "10.9.0.1" not in shown
    # A different device for the same address.
    daemon.set("d", "tun:adit8", "udp:127.0.0.1:6001",
               "left.addr = 10.9.0.2/24")
    daemon.reload("1 tunnels as before, .* 1 started again, .* 0 with a")
    assert "10.9.0.2/24" in in_network(daemon.pid, "ip", "addr", "show",
                                       "adit8")
    # A device whose name is the system's choice, and an MTU that follows.
    daemon.set("d", "tun:tun%d", "udp:127.0.0.1:6001", "left.addr = "
               "10.9.0.3/24")
    daemon.reload("1 tunnels as before, .* 1 started again")
    daemon.process.wait("tun:tun0: MTU 1472, which fits")
    mark = daemon.process.mark()
    in_network(daemon.pid, "ip", "link", "del", "tun0")
    daemon.process.wait("the device is gone", since=mark)
    daemon.process.wait(r"device tun0, MTU .*10.9.0.3/24", since=mark)
    until("it is there", lambda: "10.9.0.3/24" in in_network(
        daemon.pid, "ip", "addr", "show", "tun0"))


def test_the_system_names_several_devices(daemon):
    need("ip")
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("no /dev/net/tun")
    for name, net in ("d", 1), ("e", 2):
        daemon.set(name, "tun:", f"udp:127.0.0.1:600{net}",
                   f"left.addr = 10.9.{net}.1/24", f"left.mtu = 130{net}",
                   f"left.route = 10.77.{net}.0/24")
    daemon.run(*alone())
    shown = in_network(daemon.pid, "ip", "addr")
    for device, net in ("tun0", 1), ("tun1", 2):
        assert f"10.9.{net}.1/24 scope global {device}" in shown
        assert f"{device}: <POINTOPOINT" in shown and f"mtu 130{net} " in shown
        assert f"10.77.{net}.0/24 dev {device}" in in_network(
            daemon.pid, "ip", "route")


def test_a_driver_that_is_not_there_yet_is_waited_for(daemon):
    need("mount")
    if not os.path.isdir("/dev/net"):
        pytest.skip("no /dev/net")
    daemon.set("d", "tun:adit7", "udp:127.0.0.1:6001")
    daemon.write()
    p = daemon.start(*alone(), "unshare", "-m", "sh", "-c",
                     'mount -t tmpfs tmpfs /dev/net && exec "$@"', "sh",
                     *daemon.command)
    p.wait("tunnel d does not run: .*is not there.*it will be tried again")
    until("it runs nevertheless", (daemon.folder / "pid").exists)
    assert p.stop() == 0


@pytest.mark.parametrize("kill_switch", [False, True])
def test_routes_come_and_go_without_rights(daemon, kill_switch):
    """They are removed when the daemon is killed, but for a kill switch's."""
    need("ip")
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("no /dev/net/tun")
    lines = ["tun:adit7", "udp:127.0.0.1:6001", "left.addr = 10.9.0.1/24",
             "left.route = 10.77.0.0/16", "left.route = default"]
    if kill_switch:
        lines.append("left.killswitch = yes")
    daemon.set("a", "udp-listen:127.0.0.1:5000", "udp:127.0.0.1:6000")
    daemon.set("d", *lines)
    process = daemon.run(*alone())
    assert int(status(daemon.pid)["CapEff"][0], 16) == 0
    held = open(f"/proc/{daemon.pid}/ns/net")       # outlives it
    network = f"--net=/proc/{os.getpid()}/fd/{held.fileno()}"

    def show(*args):
        need("nsenter", "ip")
        return run("nsenter", network, "ip", *args).stdout

    assert "10.77.0.0/16 dev adit7" in show("route")
    until("the default route", lambda: "30711" in show("rule"))
    # Without the tunnel it has gone; with it, it is back.
    gone_lines = daemon.sections.pop("d")
    daemon.reload("1 removed")
    assert "30711" not in show("rule")
    daemon.sections["d"] = gone_lines
    daemon.reload("1 added")
    until("the default route", lambda: "30711" in show("rule"))
    monitor = monitor_of(daemon.pid)
    process.ended_by_test = True
    os.kill(daemon.pid, signal.SIGKILL)
    until("it ends", lambda: gone(monitor))
    assert ("30711" in show("rule")) == kill_switch
    held.close()


def test_programs_are_run_as_root(daemon, echo):
    """Only those that root alone can change: others could make the daemon's
    user root."""
    program = daemon.folder / "program"
    program.write_text("#!/bin/sh\nid -u; echo $ADIT_EVENT $1 $ADIT_TUNNEL\n")
    program.chmod(0o700)
    port = free_port()
    lines = [f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}",
             f"up = {program}  word", f"down = {program}"]
    daemon.set("a", *lines)
    daemon.run()
    daemon.process.wait("up: 0$")
    daemon.process.wait("up: up word a$")
    daemon.set("a", *lines[:3])
    daemon.set("b", f"udp-listen:127.0.0.1:{free_port()}", *lines[1:])
    daemon.reload()
    daemon.process.wait(r" b: up: up word b$")
    program.chmod(0o777)
    daemon.set("c", f"udp-listen:127.0.0.1:{free_port()}", *lines[1:3])
    daemon.reload("1 added")
    daemon.process.wait("does not run .*others than root may change it")
    program.chmod(0o700)
    # That of a tunnel that goes is run, too, with variables of its own.
    for name in "d", "e":
        daemon.set(name, f"udp-listen:127.0.0.1:{free_port()}", *lines[1:])
        daemon.reload("1 added")
        daemon.process.wait(f" {name}: up: up word {name}$")
        del daemon.sections[name]
        daemon.reload("1 removed")
        daemon.process.wait(rf" {name}: down: down {name}$")
    mark = daemon.process.mark()
    os.kill(daemon.pid, signal.SIGTERM)
    daemon.process.wait(r" b: down: down b$", since=mark)
    daemon.process.exit_status()


def test_down_of_a_tunnel_that_a_reload_removes_is_run(daemon, echo):
    program = daemon.folder / "program"
    program.write_text("#!/bin/sh\necho $ADIT_EVENT $1 $ADIT_TUNNEL\n")
    program.chmod(0o700)
    for name in "abc":
        daemon.set(name, f"udp-listen:127.0.0.1:{free_port()}",
                   f"udp:127.0.0.1:{echo}", f"up = {program}",
                   f"down = {program} of-{name}")
    daemon.run()
    # A tunnel that goes before it was up has nothing to take down.
    for name in "abc":
        daemon.process.wait(f" {name}: up: up {name}$")
    del daemon.sections["b"]
    daemon.set("c", f"udp-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}", f"up = {program}",
               f"down = {program} other")
    daemon.reload("1 started again.* 1 removed")
    daemon.process.wait(" c: up: up c$", count=2)
    daemon.process.wait(" b: down: down of-b b$")
    daemon.process.wait(" c: down: down of-c c$")
    assert daemon.process.stop() == 0
    assert "down: down other c" in daemon.process.text()
    assert "refused" not in daemon.process.text()


def test_a_log_that_only_root_can_open_is_rotated(daemon, echo):
    log = daemon.folder / "log"
    daemon.head += f"logfile = {log}\n"
    daemon.set("a", f"udp-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}")
    daemon.write()
    process = daemon.start(*daemon.command)
    until("it runs", lambda: log.exists() and "ready" in log.read_text())
    log.rename(daemon.folder / "log.1")
    process.send_signal(signal.SIGHUP)
    until("there is a new log", lambda: log.exists() and
          "reopened" in log.read_text())
    assert log.stat().st_mode & 0o7 == 0
    monitor = monitor_of(process.pid)
    assert descriptors(monitor)[4] == str(log)


# --- Takeover ----------------------------------------------------------------

class Takeover:
    """Has the daemon's end of the pair, as if it was the daemon, which is
    stopped."""

    def __init__(self, daemon):
        libc = ctypes.CDLL(None, use_errno=True)
        self.pid = daemon.pid
        os.kill(daemon.pid, signal.SIGSTOP)
        monitor = monitor_of(daemon.pid)
        peer = self._peer(descriptors(monitor)[3])
        pidfd = libc.syscall(434, daemon.pid, 0)    # pidfd_open()
        for fd, name in descriptors(daemon.pid).items():
            if name.startswith("socket:") and self._is(name, peer):
                own = libc.syscall(438, pidfd, fd, 0)   # pidfd_getfd()
                if own < 0:
                    pytest.skip("no pidfd_getfd() here")
                self.pair = socket.socket(fileno=own)
                self.pair.settimeout(PATIENCE)
        os.close(pidfd)

    def _peer(self, name):
        # Two sockets of a pair have numbers next to each other.
        return int(name.strip("socket:[]"))

    def _is(self, name, peer):
        return abs(int(name.strip("socket:[]")) - peer) == 1

    def send(self, kind, number=0, at=None, text=b"", fds=()):
        family, ip, port = at or (0, b"", 0)
        data = REQUEST.pack(kind, number, family, ip, port, 0, text)
        self.pair.sendmsg([data], [(
            socket.SOL_SOCKET, socket.SCM_RIGHTS,
            array.array("i", fds))] if fds else [])

    def ask(self, *args, **kw):
        """Returns errno and the descriptors that came."""
        self.send(*args, **kw)
        data, fds, _, _ = socket.recv_fds(self.pair, 65536, 8)
        assert data, "it has ended"
        return struct.unpack_from("i", data)[0], fds

    def refuses(self, *args, **kw):
        error, fds = self.ask(*args, **kw)
        assert error != 0, (args, kw)
        assert fds == []
        return error

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)


@pytest.fixture
def takeover(daemon, echo):
    made = []

    def takeover(*before):
        daemon.run(*before)
        made.append(Takeover(daemon))
        return made[0]
    yield takeover
    for t in made:
        t.pair.close()
        t.resume()


def home(port):
    return 4, bytes([127, 0, 0, 1]), port


def test_a_takeover_reads_no_other_file(daemon, takeover, echo, tmp_path):
    psk = private(daemon.folder / "psk", KEYS[0])
    private(daemon.folder / "secret", "secret")
    folder = tmp_path / "shared"
    folder.mkdir()
    shared = private(folder / "cert.pem", "not yet")
    daemon.set("a", f"dtls-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}", f"left.psk-file = {psk}")
    daemon.set("b", f"dtls-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}", f"left.psk-file = {shared}")
    daemon.write()
    shared.write_text(KEYS[1])
    t = takeover()
    error, (fd,) = t.ask(OPEN, text=os.fsencode(psk))
    with open(fd) as f:             # the connection works
        assert error == 0 and f.read() == KEYS[0]
    for path in ("/etc/shadow", "/etc/passwd", daemon.folder / "secret",
                 daemon.folder / "adit.conf", "/", "", ".", "..",
                 f"{daemon.folder}/../etc/psk", f"/{psk}", f"{psk}/",
                 f"{psk}\0/../../shadow", f"\0{psk}", "/dev/mem",
                 f"/proc/{os.getpid()}/mem", "x" * 1024, "A" * 1023):
        for kind in OPEN, LOOK, LOG:
            t.refuses(kind, text=os.fsencode(path))
    t.refuses(OPEN, text=os.fsencode(psk) + b"\0" * 9 + b"x")
    t.refuses(LOG, text=os.fsencode(psk))
    with open("/dev/null") as null:
        t.refuses(OPEN, text=os.fsencode(psk), fds=[null.fileno()])
        t.refuses(OPEN, text=os.fsencode(psk), fds=[null.fileno()] * 5)
    # A folder that nobody owns: what it names may be anything.
    os.chown(folder, pwd.getpwnam(USER).pw_uid, -1)
    shared.unlink()
    for attack in (lambda: shared.symlink_to("/etc/shadow"),
                   lambda: os.link(daemon.folder / "secret", shared),
                   lambda: os.mkfifo(shared)):
        attack()
        t.refuses(OPEN, text=os.fsencode(shared))
        t.refuses(LOOK, text=os.fsencode(shared))
        shared.unlink()
    assert not gone(monitor_of(daemon.pid))


def test_a_takeover_gets_no_other_port_mark_or_device(daemon, takeover):
    daemon.set("a", "tcp-listen:127.0.0.1:443", "udp:127.0.0.1:6000",
               "right.mark = 7")
    if os.path.exists("/dev/net/tun"):
        daemon.set("d", "tun:adit7", "udp:127.0.0.1:6001",
                   "left.addr = 10.9.0.1/24")
    t = takeover(*alone())
    tcp, udp = (socket.socket(socket.AF_INET, kind)
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))
    tcp6 = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fd = [tcp.fileno()]
    for at in (home(22), home(80), home(0), home(444),
               (4, b"", 443), (6, b"", 443), (0, b"", 443),
               (4, bytes([127, 0, 0, 2]), 443),
               (6, bytes([0] * 10 + [255, 255, 127, 0, 0, 1]), 443)):
        t.refuses(BIND, TCP, at, fds=fd)
    t.refuses(BIND, UDP, home(443), fds=[udp.fileno()])
    t.refuses(BIND, 2, home(443), fds=fd)
    t.refuses(BIND, TCP, home(443))
    for other in udp, tcp6, unix:
        t.refuses(BIND, TCP, home(443), fds=[other.fileno()])
    with open("/etc/passwd") as f:
        t.refuses(BIND, TCP, home(443), fds=[f.fileno()])
        t.refuses(MARK, 7, fds=[f.fileno()])
    for mark in 0, 1, 6, 8, 2 ** 32 - 1:
        t.refuses(MARK, mark, fds=[udp.fileno()])
    assert t.ask(MARK, 7, fds=[udp.fileno()]) == (0, [])
    assert udp.getsockopt(socket.SOL_SOCKET, 36) == 7       # SO_MARK
    t.refuses(MARK, 7, fds=[unix.fileno()])
    assert udp.getsockname()[1] == tcp.getsockname()[1] == 0
    for name in b"adit8", b"lo", b"eth0", b"", b"tun%d", b"../adit7":
        t.refuses(TUN, text=name)
        t.refuses(MTU, 1300, text=name)
    for mtu in 0, 67, 65536, 2 ** 31:
        t.refuses(MTU, mtu, text=b"adit7")
    for what in range(7):
        t.refuses(ROUTE, what, text=b"lo")
    # That device has no default route; nothing else is in the number.
    for number in 0x100, 0x200, 0x10000, 0x1000000, 7, 0x101, 2 ** 32 - 1:
        t.refuses(ROUTE, number, text=b"adit7")
    for kind in (0, 14, 15, 100, 2 ** 31, 2 ** 32 - 1):
        t.refuses(kind)
        t.refuses(kind, 7, home(443), b"adit7", fds=fd)
    t.refuses(RELOAD, text=b"/tmp/mine.conf")
    for command in b"/bin/sh", b"/bin/sh -c id", b"", b"/usr/bin/id":
        t.refuses(HOOK, text=command)
    for pid in 0, 1, os.getpid(), 2 ** 32 - 1:
        t.refuses(HOOK_KILL, pid)
        t.refuses(HOOK_LOOK, pid)
    for variable in b"PATH=/tmp", b"LD_PRELOAD=/tmp/x.so", b"ADIT_A=\n":
        t.refuses(VARIABLE, text=variable)
    for s in tcp, udp, tcp6, unix:
        s.close()


def test_a_takeover_that_floods_gains_nothing(daemon, takeover, echo):
    psk = private(daemon.folder / "psk", KEYS[0])
    daemon.set("a", f"dtls-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}", f"left.psk-file = {psk}")
    t = takeover()
    monitor = monitor_of(daemon.pid)

    def memory():
        return int(status(monitor)["VmRSS"][0])

    def ask(n):
        for i in range(n):
            t.refuses(i % 12 if i % 12 != RELOAD else 0, i, text=b"/etc/" +
                      os.urandom(20).replace(b"\0", b"x"))
            error, fds = t.ask(OPEN, text=os.fsencode(psk))
            assert error == 0
            os.close(fds[0])
        # When this is answered, it has closed what it passed.
        t.refuses(OPEN)

    ask(200)
    before, fds = memory(), descriptors(monitor)
    ask(3000)
    assert memory() < before + 300
    assert descriptors(monitor) == fds
    lines = [line for line in daemon.process.lines if "refused" in line]
    assert 0 < len(lines) < 50
    assert all("privileged process" in line for line in lines)


def test_others_cannot_have_the_configuration_read(daemon, takeover, echo):
    """It is not what root wrote any more: a reload changes nothing."""
    psk = private(daemon.folder / "psk", KEYS[0])
    daemon.set("a", f"dtls-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}", f"left.psk-file = {psk}")
    t = takeover()
    daemon.set("b", f"dtls-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}", "left.psk-file = /etc/shadow")
    daemon.write()
    os.chown(daemon.folder / "adit.conf", pwd.getpwnam(USER).pw_uid, -1)
    t.refuses(RELOAD)
    t.refuses(OPEN, text=b"/etc/shadow")
    assert t.ask(LOOK, text=os.fsencode(psk)) == (0, [])
    os.chown(daemon.folder / "adit.conf", 0, -1)
    os.chmod(daemon.folder, 0o770)
    t.refuses(RELOAD)
    t.refuses(OPEN, text=b"/etc/shadow")


# --- The end -----------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM,
                                    signal.SIGSEGV])
def test_it_ends_with_the_daemon(daemon, echo, number):
    daemon.set("a", f"udp-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}")
    process = daemon.run()
    monitor = monitor_of(daemon.pid)
    for other in signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1:
        os.kill(monitor, other)
    assert not gone(monitor)
    process.ended_by_test = True
    os.kill(daemon.pid, number)
    until("it ends", lambda: gone(monitor))
    # Its folder is root's: the daemon itself could not remove it.
    until("the pid file goes",
          lambda: not (daemon.folder / "pid").exists())


def test_the_daemon_goes_on_without_it(daemon, echo):
    port = free_port()
    psk = private(daemon.folder / "psk", KEYS[0])
    daemon.set("a", f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}")
    daemon.run()
    with Udp(port) as u:
        assert u.ask(b"one") == b"one"
        os.kill(monitor_of(daemon.pid), signal.SIGKILL)
        daemon.process.wait("the privileged process has ended .*a reload "
                            "reads only files that this user can read")
        assert u.ask(b"two") == b"two"
        daemon.set("b", f"dtls-listen:127.0.0.1:{free_port()}",
                   f"udp:127.0.0.1:{echo}", f"left.psk-file = {psk}")
        daemon.reload("adit.conf.*Permission denied")
        assert u.ask(b"three") == b"three"
    assert daemon.process.text().count("process has ended") == 1
    assert daemon.process.stop() == 0


# --- Where there is none -----------------------------------------------------

def test_there_is_none_for_a_configuration_of_others(daemon, echo):
    port = free_port()
    daemon.set("a", f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}")
    os.chmod(daemon.folder, 0o775)
    daemon.run()
    daemon.process.wait("WARNING .*no privileged process: .*adit.conf: others "
                        "than root may write to a folder of its path")
    assert monitor_of(daemon.pid) is None
    with Udp(port) as u:
        assert u.ask(b"one") == b"one"


@pytest.mark.parametrize("lines, none", [
    ("", True), (f"user = {USER}\nchroot = /\n", True), ("user = root\n",
                                                         True),
    (f"user = {USER}\n", False)])
def test_there_is_one_if_rights_are_given_up(daemon, echo, lines, none):
    daemon.head = f"[daemon]\npidfile = {daemon.folder}/pid\n" + lines
    daemon.set("a", f"udp-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}")
    daemon.run()
    assert (monitor_of(daemon.pid) is None) == none
    assert "no privileged process" not in daemon.process.text()


def test_check_says_what_a_reload_cannot_do(daemon, adit):
    psk = private(daemon.folder / "psk", KEYS[0])
    daemon.set("a", "dtls-listen::443", "udp:127.0.0.1:1",
               f"left.psk-file = {psk}")
    daemon.set("d", "tun:adit7", "udp:127.0.0.1:1")
    daemon.write()
    done = run(adit, "check", "-c", daemon.folder / "adit.conf")
    assert "reload cannot" not in done.stderr
    daemon.head += "chroot = /var/empty\n"
    daemon.write()
    done = run(adit, "check", "-c", daemon.folder / "adit.conf")
    assert re.search(r"chroot: after the start a reload cannot read files "
                     r"that only root can read.*; open ports below 1024; open "
                     r"devices$", done.stderr, re.M)


def test_a_background_daemon_has_one(daemon, echo):
    """The process that was started last is the main one, and its parent."""
    port = free_port()
    log = daemon.folder / "log"
    daemon.head += f"logfile = {log}\n"
    daemon.set("a", f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}")
    daemon.write()
    # Nothing keeps the pipes of this open.
    run(*daemon.command, "-d")
    pid = int((daemon.folder / "pid").read_text())
    monitor = monitor_of(pid)
    assert monitor is not None
    with Udp(port) as u:
        assert u.ask(b"one") == b"one"
    os.kill(pid, signal.SIGTERM)
    until("both end", lambda: gone(pid) and gone(monitor))
    assert not (daemon.folder / "pid").exists()
