# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What systemd gives to a service and wants to hear from it, with its side
played by the test."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

import harness
from harness import READY, Udp, free_port, until

UNITS = os.path.join(os.path.dirname(__file__), "../../contrib/systemd")

# Does what systemd does before it starts a service: the descriptors begin
# with 3, and the variables name the process that is to take them.
PASS = """
import fcntl, os, sys
pid, names, fds = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
high = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in fds]
for fd in fds:
    os.close(int(fd))
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
    os.close(fd)
os.environ.update(LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=names,
                  LISTEN_PID=pid or str(os.getpid()))
os.execv(sys.argv[4], sys.argv[4:])
"""


@pytest.fixture(scope="module", autouse=True)
def systemd(adit):
    """The program is built with what systemd needs: it reads its variable."""
    with open(adit, "rb") as f:
        if b"NOTIFY_SOCKET" not in f.read():
            pytest.skip("this build is --without-systemd")


class Supervisor:
    """Starts the program with sockets of its own."""

    def __init__(self, start, adit):
        self.start, self.adit = start, adit
        self.sockets, self.names = [], []

    def socket(self, kind, name="", address=("127.0.0.1", 0), listen=True,
               family=socket.AF_INET):
        s = socket.socket(family, kind)
        self.sockets.append(s)
        self.names.append(name)
        s.bind(address)
        if kind == socket.SOCK_STREAM and listen:
            s.listen()
        return s.getsockname()[1] if family != socket.AF_UNIX else 0

    def udp(self, name="", **options):
        return self.socket(socket.SOCK_DGRAM, name, **options)

    def tcp(self, name="", **options):
        return self.socket(socket.SOCK_STREAM, name, **options)

    def run(self, *args, pid=""):
        fds = [s.fileno() for s in self.sockets]
        return self.start(sys.executable, "-c", PASS, pid,
                          ":".join(self.names), ",".join(map(str, fds)),
                          self.adit, *map(str, args), pass_fds=fds)

    def close(self):
        for s in self.sockets:
            s.close()


@pytest.fixture
def supervisor(start, adit):
    s = Supervisor(start, adit)
    yield s
    s.close()


@pytest.fixture
def notify(tmp_path):
    """systemd's side of NOTIFY_SOCKET, and its name."""
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(name)
        s.settimeout(harness.PATIENCE)
        yield s, name


@pytest.fixture
def conf(tmp_path):
    """Writes a configuration file."""
    def conf(text):
        path = tmp_path / "adit.conf"
        path.write_text(text)
        path.chmod(0o600)
        return path
    return conf


def tunnel(name, left, right):
    return f"[tunnel {name}]\nleft = {left}\nright = {right}\n"


def fields(message):
    return dict(line.split("=", 1) for line in
                message.decode().splitlines())


def answers(port):
    with Udp(port) as u:
        return u.ask(b"hello") == b"hello"


# --- Messages ---------------------------------------------------------------

def test_status_and_reload_are_told(start, adit, notify, conf, echo):
    s, name = notify
    path = conf(tunnel("one", f"udp-listen:127.0.0.1:{free_port()}",
                       f"udp:127.0.0.1:{echo}"))
    p = start(adit, "run", "-c", path, env={"NOTIFY_SOCKET": name})
    assert fields(s.recv(1000)) == {"READY": "1", "STATUS": "1 tunnel runs"}
    conf(path.read_text() +
         tunnel("two", f"udp-listen:127.0.0.1:{free_port()}",
                f"udp:127.0.0.1:{echo}"))
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    p.send_signal(signal.SIGHUP)
    told = fields(s.recv(1000))
    assert told["RELOADING"] == "1"
    assert before <= int(told["MONOTONIC_USEC"]) <= \
        time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert fields(s.recv(1000)) == {"STATUS": "2 tunnels run"}
    assert fields(s.recv(1000)) == {"READY": "1"}
    p.send_signal(signal.SIGTERM)
    assert fields(s.recv(1000)) == {"STOPPING": "1"}
    assert p.exit_status() == 0


def test_a_faulty_reload_is_over_too(start, adit, notify, conf, echo):
    s, name = notify
    path = conf(tunnel("one", f"udp-listen:127.0.0.1:{free_port()}",
                       f"udp:127.0.0.1:{echo}"))
    p = start(adit, "run", "-c", path, env={"NOTIFY_SOCKET": name})
    s.recv(1000)
    conf("nonsense\n")
    p.send_signal(signal.SIGHUP)
    assert fields(s.recv(1000))["RELOADING"] == "1"
    assert fields(s.recv(1000)) == {"READY": "1"}


def test_the_status_names_a_tunnel_that_does_not_run(start, adit, notify,
                                                     conf, echo):
    s, name = notify
    start(adit, "run", "-c", conf(
        tunnel("one", f"udp-listen:127.0.0.1:{free_port()}",
               f"udp:127.0.0.1:{echo}") +
        tunnel("two", f"udp-listen:127.0.0.1:{echo}",
               f"udp:127.0.0.1:{echo}")), env={"NOTIFY_SOCKET": name})
    told = fields(s.recv(1000))
    assert told["STATUS"].startswith("1 of 2 tunnels run; two: ")
    assert "in use" in told["STATUS"]


def test_the_watchdog_hears_from_the_loop(start, adit, notify):
    s, name = notify
    p = start("echo", f"127.0.0.1:{free_port()}",
              env={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "200000"})
    assert fields(s.recv(1000))["READY"] == "1"
    for _ in range(5):
        assert s.recv(1000) == b"WATCHDOG=1"
    # A loop that does not turn says nothing.
    p.send_signal(signal.SIGSTOP)
    until("it has stopped", lambda: re.search(
        r"^State:\s+T", open(f"/proc/{p.pid}/status").read(), re.M))
    s.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            s.recv(1000)
    s.settimeout(1)
    with pytest.raises(TimeoutError):
        s.recv(1000)
    s.settimeout(harness.PATIENCE)
    p.send_signal(signal.SIGCONT)
    assert s.recv(1000) == b"WATCHDOG=1"


@pytest.mark.parametrize("env", [
    {}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "0"},
    {"WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1"}])
def test_a_watchdog_that_is_not_ours_hears_nothing(start, adit, notify, env,
                                                   tmp_path):
    s, name = notify
    p = start("tunnel", f"udp-listen:127.0.0.1:{free_port()}",
              "udp:127.0.0.1:7", env={"NOTIFY_SOCKET": name, **env})
    assert fields(s.recv(1000))["READY"] == "1"
    s.settimeout(0.3)
    with pytest.raises(TimeoutError):
        s.recv(1000)
    assert p.stop() == 0


# --- Sockets ----------------------------------------------------------------

def test_sockets_go_to_the_tunnels_of_their_names(supervisor, start, conf,
                                                  echo):
    udp, tcp = supervisor.udp("one"), supervisor.tcp("two")
    p = supervisor.run("run", "-c", conf(
        tunnel("one", "udp-listen:127.0.0.1:9", f"udp:127.0.0.1:{echo}") +
        tunnel("two", "tcp-listen:127.0.0.1:9", f"udp:127.0.0.1:{echo}")))
    p.wait(f"one: udp-listen: listening on 127.0.0.1:{udp}, a socket that "
           "was passed")
    p.wait(f"two: tcp-listen: listening on 127.0.0.1:{tcp}, a socket that "
           "was passed")
    p.wait(READY)
    assert answers(udp)
    port = free_port()
    start("tunnel", f"udp-listen:127.0.0.1:{port}",
          f"tcp:127.0.0.1:{tcp}").wait(READY)
    assert answers(port)


@pytest.mark.parametrize("kind", ["udp-listen", "tcp-listen"])
def test_a_socket_goes_to_the_end_of_its_address(supervisor, start, echo,
                                                 kind):
    passed = (supervisor.udp if kind == "udp-listen" else supervisor.tcp)()
    p = supervisor.run("tunnel", f"{kind}:127.0.0.1:{passed}",
                       f"udp:127.0.0.1:{echo}")
    p.wait("a socket that was passed")
    p.wait(READY)
    port = passed
    if kind == "tcp-listen":
        port = free_port()
        start("tunnel", f"udp-listen:127.0.0.1:{port}",
              f"tcp:127.0.0.1:{passed}").wait(READY)
    assert answers(port)


def test_a_socket_for_both_families_is_enough(supervisor, start, echo):
    if not harness.has_ipv6():
        pytest.skip("no IPv6")
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", 0))
    supervisor.sockets.append(s)
    supervisor.names.append("any")
    port = s.getsockname()[1]
    supervisor.run("tunnel", f"udp-listen::{port}",
                   f"udp:127.0.0.1:{echo}").wait(READY)
    assert answers(port)


def test_two_sockets_may_have_one_address(supervisor, echo):
    """As SO_REUSEPORT, or one that is passed twice."""
    port = supervisor.udp("one")
    supervisor.sockets.append(supervisor.sockets[0].dup())
    supervisor.names.append("one")
    p = supervisor.run("tunnel", f"udp-listen:127.0.0.1:{port}",
                       f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    p.wait(f"listening on 127.0.0.1:{port}, a socket that was passed",
           count=2)
    for _ in range(4):
        assert answers(port)
    assert p.stop() == 0


def test_what_does_not_fit_is_told(supervisor, conf, echo, tmp_path):
    supervisor.tcp("one")
    supervisor.socket(socket.SOCK_STREAM, "unix", family=socket.AF_UNIX,
                      address=str(tmp_path / "socket"))
    supervisor.tcp("deaf", listen=False)
    other = supervisor.udp("nobody")
    port = free_port()
    p = supervisor.run("run", "-c", conf(tunnel(
        "one", f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}")))
    p.wait(READY)
    assert answers(port)
    p.wait("the socket of that name that was passed is TCP .*, and not UDP")
    p.wait('"unix", that was passed, is neither IPv4 nor IPv6')
    p.wait('"deaf", that was passed, does not listen')
    p.wait(f'the socket "nobody" that was passed, UDP on 127.0.0.1:{other}')


def test_sockets_for_a_different_process_are_not_taken(supervisor, conf,
                                                       echo):
    port = supervisor.udp("one")
    p = supervisor.run("run", "-c", conf(tunnel(
        "one", f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}")),
        pid="1")
    p.wait("in use")
    assert p.exit_status() == 1


def test_a_passed_socket_outlives_reloads(supervisor, conf, echo, start):
    port = supervisor.udp("one")
    second = harness.start_echo(start)
    p = supervisor.run("run", "-c", conf(tunnel(
        "one", "udp-listen:127.0.0.1:9", f"udp:127.0.0.1:{echo}")))
    p.wait(READY)
    for i, to in enumerate((second, echo, second)):
        conf(tunnel("one", "udp-listen:127.0.0.1:9", f"udp:127.0.0.1:{to}"))
        p.send_signal(signal.SIGHUP)
        until("it was reloaded", lambda: p.text().count(
            "tunnel one: started with its new settings") == i + 1)
        assert answers(port)


def test_a_tunnel_of_a_new_name_gets_the_socket(supervisor, conf, echo):
    port = supervisor.udp()
    p = supervisor.run("run", "-c", conf(tunnel(
        "one", f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}")))
    p.wait(READY)
    conf(tunnel("two", f"udp-listen:127.0.0.1:{port}",
                f"udp:127.0.0.1:{echo}"))
    p.send_signal(signal.SIGHUP)
    p.wait("1 added, 1 removed, 0 with a fault")
    assert answers(port)
    # It leaves the socket for one that is there.
    other = free_port()
    both = [tunnel(name, f"udp-listen:127.0.0.1:{at}",
                   f"udp:127.0.0.1:{echo}") for name, at in
            (("three", other), ("two", port))]
    conf("".join(both))
    p.send_signal(signal.SIGHUP)
    p.wait("1 added, 0 removed, 0 with a fault")
    conf("".join(tunnel(name, f"udp-listen:127.0.0.1:{at}",
                        f"udp:127.0.0.1:{echo}") for name, at in
                 (("three", port), ("two", other))))
    p.send_signal(signal.SIGHUP)
    p.wait("2 started again, .* 0 with a fault")
    assert answers(port) and answers(other)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")
def test_no_helper_has_a_passed_socket(supervisor, conf, echo):
    port = supervisor.tcp("one")
    p = supervisor.run("run", "-c", conf(tunnel(
        "one", f"tcp-listen:127.0.0.1:{port}", "udp:nohost.invalid:7")))
    p.wait(READY)
    inode = os.readlink(f"/proc/self/fd/{supervisor.sockets[0].fileno()}")

    def has(pid):
        folder = f"/proc/{pid}/fd"
        found = []
        for fd in os.listdir(folder):
            try:
                if os.readlink(f"{folder}/{fd}") == inode:
                    found.append(fd)
            except FileNotFoundError:
                pass        # it was just closed
        return found

    def children(pid):
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(child) for child in f.read().split()]

    # Its own, and the one that the tunnel listens on.
    assert len(has(p.pid)) == 2
    keepers = children(p.pid)
    assert keepers
    for pid in keepers + [c for k in keepers for c in children(k)]:
        # Just forked, it has not closed all yet.
        until("it is closed there", lambda p=pid: has(p) == [])


def test_systemd_socket_activate_passes_sockets(start, adit, conf, echo):
    harness.need("systemd-socket-activate")
    port = free_port()
    p = start("/usr/bin/env", "systemd-socket-activate", "-d", "-l",
              f"127.0.0.1:{port}", "--fdname=one", adit, "run", "-c",
              conf(tunnel("one", "udp-listen:127.0.0.1:9",
                          f"udp:127.0.0.1:{echo}")))
    p.wait("Listening on")
    assert answers(port)


# --- Units ------------------------------------------------------------------

def copy_units(folder, adit):
    """Those of contrib/systemd, for this program."""
    harness.need("systemd-analyze")
    for name in os.listdir(UNITS):
        with open(os.path.join(UNITS, name)) as f:
            text = f.read().replace("/usr/local/bin/adit", adit)
        (folder / name).write_text(text)


@pytest.mark.parametrize("unit", sorted(
    name for name in os.listdir(UNITS)
    if name.endswith((".service", ".socket"))))
def test_units_have_no_mistakes(unit, adit, tmp_path):
    copy_units(tmp_path, adit)
    shown = unit.replace("@.", "@one.")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / shown)],
        capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines()
                  if unit.split("@")[0].split(".")[0] in line]
    assert complaints == []


@pytest.mark.parametrize("unit", sorted(
    name for name in os.listdir(UNITS) if name.endswith(".service")))
def test_units_are_not_exposed(unit, adit, tmp_path):
    copy_units(tmp_path, adit)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20",
         str(tmp_path / unit)], capture_output=True, text=True)
    if "--offline" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
