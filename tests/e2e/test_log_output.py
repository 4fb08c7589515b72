# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The log never stops the traffic, and never becomes traffic: descriptors that
are closed at the start, and readers that do not read."""

import os
import re
import signal
import socket
import subprocess
import threading

import pytest

import harness
from harness import READY, free_port, need_root, until
from test_pairs import CARRIERS
from tunnels import KINDS, Vpn

# What is logged at trace for so many datagrams fills any pipe and socket.
MANY = 1500
LOST = rb"log: \d+ lines? (?:was|were) lost"


class Quiet:
    """A program whose output the test reads itself, or does not."""

    def __init__(self, *args, **options):
        self.popen = subprocess.Popen(
            [harness.adit_path(), *map(str, args)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, **options)
        self.pid = self.popen.pid

    def stop(self):
        """Ends it with a signal that must be enough."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(harness.PATIENCE)


@pytest.fixture
def quiet():
    """Starts programs, and ends them after the test."""
    running = []

    def quiet(*args, **options):
        running.append(Quiet(*args, **options))
        return running[-1]

    yield quiet
    for p in running:
        if p.popen.poll() is None:
            p.popen.kill()
            p.popen.wait()


def carrier_specs(carrier, certs):
    port = free_port()
    return [spec.format(port=port, certs=certs)
            for spec in CARRIERS[carrier]]


def echoes(s, count):
    """That many datagrams come back, each after the other."""
    for i in range(count):
        data = b"datagram %d" % i
        assert s.ask(data) == data


# --- Descriptors that are closed ----------------------------------------------

CLOSED = [[fd for fd in (0, 1, 2) if mask & 1 << fd] for mask in range(1, 8)]


def closing(fds):
    """The start of a command line that closes these descriptors."""
    return "/bin/sh", "-c", 'exec "$@" ' + " ".join(
        f"{fd}>&-" for fd in fds), "sh", harness.adit_path()


class Target:
    """Answers each datagram, and keeps all."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.got = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                data, peer = self.socket.recvfrom(70000)
                self.got.append(data)
                self.socket.sendto(data, peer)
            except OSError:
                return


@pytest.mark.parametrize("carrier", CARRIERS)
def test_closed_descriptors_get_no_traffic_and_no_log(start, certs, udp,
                                                      carrier):
    for fds in CLOSED:
        target, here = Target(), free_port()
        accepting, dialling = carrier_specs(carrier, certs)
        ends = [start(*closing(fds), "tunnel", "-v", "trace", *pair)
                for pair in ((accepting, f"udp:127.0.0.1:{target.port}"),
                             (f"udp-listen:127.0.0.1:{here}", dialling))]
        with harness.Udp(here) as s:
            s.ask_until_answered(b"hello")
            s.drain()
            echoes(s, 20)
            assert s.silent_for(0.05), "nothing else comes back"
        assert {data for data in target.got
                if not re.fullmatch(rb"hello( \d+)?", data)} == {
                    b"datagram %d" % i for i in range(20)}, \
            f"closed: {fds}: the target gets datagrams and nothing else"
        for p in ends:
            for fd in fds:
                assert os.readlink(f"/proc/{p.pid}/fd/{fd}") == "/dev/null"
            assert p.stop() == 0
        target.socket.close()


def test_without_dev_null_the_places_are_filled_all_the_same(start, udp,
                                                             echo):
    need_root()
    harness.need("unshare", "mount")
    here = free_port()
    p = start("/usr/bin/env", "unshare", "-m", "sh", "-c",
              'mount -t tmpfs none /dev && exec "$@" 0<&- 1>&- 2>&-', "sh",
              harness.adit_path(), "tunnel", "-v", "trace",
              f"udp-listen:127.0.0.1:{here}", f"udp:127.0.0.1:{echo}")
    with harness.Udp(here) as s:
        s.ask_until_answered(b"hello")
        s.drain()
        echoes(s, 20)
    assert os.readlink(f"/proc/{p.pid}/fd/2") == "/"


# --- Readers that do not read ---------------------------------------------------

def full_pipe(tmp_path):
    """stderr is a pipe; returns options, arguments and who would read."""
    r, w = os.pipe()
    return {"stderr": w}, [], r, [w]


def stopped_terminal(tmp_path):
    """stderr is a terminal whose other side does not read."""
    master, slave = os.openpty()
    return {"stderr": slave}, [], master, [slave]


def full_socket(tmp_path):
    """stderr is a socket, as services have it."""
    ours, theirs = socket.socketpair()
    return {"stderr": theirs.fileno()}, [], ours.detach(), \
        [theirs.detach()]


def unread_fifo(tmp_path):
    """The log file is a FIFO without a reader."""
    fifo = tmp_path / f"fifo{len(list(tmp_path.iterdir()))}"
    os.mkfifo(fifo)
    return {"stderr": subprocess.DEVNULL}, ["-l", fifo], None, []


READERS = full_pipe, stopped_terminal, full_socket, unread_fifo


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("reader", READERS, ids=lambda f: f.__name__)
def test_traffic_goes_on_when_nobody_reads_the_log(quiet, certs, echo, carrier,
                                                   reader, tmp_path):
    here = free_port()
    accepting, dialling = carrier_specs(carrier, certs)
    ends, unread = [], []
    for pair in (accepting, f"udp:127.0.0.1:{echo}"), \
            (f"udp-listen:127.0.0.1:{here}", dialling):
        options, args, read, write = reader(tmp_path)
        ends.append(quiet("tunnel", "-v", "trace", *args, *pair, **options))
        for fd in write:
            os.close(fd)
        unread.append(read)
    with harness.Udp(here) as s:
        s.ask_until_answered(b"hello")
        s.drain()
        echoes(s, MANY)
    for p in reversed(ends):
        assert p.stop() == 0
    for fd in unread:
        if fd is not None:
            os.close(fd)


def read_until(fd, pattern, act=lambda: None, timeout=harness.PATIENCE):
    """Reads until that is there, and returns all that was read."""
    os.set_blocking(fd, False)
    text = b""

    def found():
        nonlocal text
        act()
        try:
            while True:
                piece = os.read(fd, 65536)
                if not piece:
                    break
                text += piece
        except BlockingIOError:
            pass
        return re.search(pattern, text)

    until(pattern, found, timeout)
    return text


@pytest.mark.parametrize("reader", READERS, ids=lambda f: f.__name__)
def test_what_was_lost_is_told_when_the_log_is_read_again(quiet, echo, reader,
                                                          tmp_path):
    here = free_port()
    options, args, read, write = reader(tmp_path)
    p = quiet("tunnel", "-v", "trace", *args, f"udp-listen:127.0.0.1:{here}",
              f"udp:127.0.0.1:{echo}", **options)
    for fd in write:
        os.close(fd)
    with harness.Udp(here) as s:
        s.ask_until_answered(b"hello")
        s.drain()
        echoes(s, MANY)
        if read is None:
            read = os.open(args[1], os.O_RDONLY | os.O_NONBLOCK)
        text = read_until(read, LOST, lambda: echoes(s, 1))
    assert re.search(READY.encode().replace(b"$", rb"\r?\n"), text)
    # Whole lines, but for the last, which was just being written.
    for line in text.splitlines()[:-1]:
        assert re.match(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ +adit: \S",
                        line), line
    assert p.stop() == 0
    os.close(read)


def test_ctrl_s_loses_lines_and_ctrl_q_goes_on(quiet, echo):
    here = free_port()
    master, slave = os.openpty()
    p = quiet("tunnel", "-v", "trace", f"udp-listen:127.0.0.1:{here}",
              f"udp:127.0.0.1:{echo}", stderr=slave)
    with harness.Udp(here) as s:
        s.ask_until_answered(b"hello")
        os.write(master, b"\x13")
        s.drain()
        echoes(s, MANY)
        os.write(master, b"\x11")
        read_until(master, LOST, lambda: echoes(s, 1))
    assert p.stop() == 0
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("hidden", ["/mnt", "/proc"])
def test_a_terminal_without_a_name_loses_lines(echo, hidden):
    """As in a container that was entered from outside; without /proc it cannot
    be opened again, as after su."""
    need_root()
    harness.need("unshare", "mount", "mknod")
    here = free_port()
    master, slave = os.openpty()
    script = IN_A_DEV_OF_ITS_OWN.replace(
        "exec", f"mount -t tmpfs none {hidden} && exec")
    p = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", script, "none", harness.adit_path(),
         "tunnel", "-v", "trace", f"udp-listen:127.0.0.1:{here}",
         f"udp:127.0.0.1:{echo}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave)
    try:
        with harness.Udp(here) as s:
            s.ask_until_answered(b"hello")
            s.drain()
            echoes(s, MANY)
            read_until(master, LOST, lambda: echoes(s, 1))
        p.terminate()
        assert p.wait(harness.PATIENCE) == 0
    finally:
        p.kill()
        p.wait()
        os.close(master)
        os.close(slave)


def test_the_flags_of_what_was_inherited_are_left_alone(quiet, echo):
    """The shell and others share them."""
    for r, w in os.pipe(), os.openpty():
        here = free_port()
        p = quiet("tunnel", f"udp-listen:127.0.0.1:{here}",
                  f"udp:127.0.0.1:{echo}", stderr=w)
        with harness.Udp(here) as s:
            s.ask_until_answered(b"hello")
        assert os.get_blocking(w)
        assert p.stop() == 0
        assert os.get_blocking(w)
        os.close(r)
        os.close(w)


def altered(start, alter):
    """A start() that alters command lines of ours, whose log nobody reads."""
    def begin(*args, **options):
        at = args.index("adit")
        p = start(*args[:at], *alter(args[at + 1:]), **options)
        p.wait = lambda *args, **options: None
        return p
    return begin


@pytest.mark.parametrize("kind", KINDS)
def test_devices_go_on_without_descriptors_and_readers(machine, start, ca,
                                                       tmp_path, kind):
    def alter(args):
        """Without all three, and with a log that nobody reads."""
        fifo = tmp_path / f"fifo{len(list(tmp_path.iterdir()))}"
        os.mkfifo(fifo)
        return *closing([0, 1, 2]), *args[:1], "-v", "trace", "-l", fifo, \
            *args[1:]

    vpn = Vpn(machine, altered(start, alter), ca, kind)
    vpn.serve()
    client = vpn.client()
    vpn.dial(client)
    said = vpn.ping(client, "-f", "-c", MANY, "-s", "100", "10.8.0.1")
    received = re.search(r"transmitted, (\d+) received", said)
    assert int(received[1]) > MANY * 9 // 10, said


# --- syslog -----------------------------------------------------------------

IN_A_DEV_OF_ITS_OWN = 'mount -t tmpfs none /dev && mknod -m 666 /dev/null c ' \
    '1 3 && ln -s "$0" /dev/log && exec "$@"'


@pytest.fixture
def syslogd(tmp_path):
    """syslogd's socket."""
    need_root()
    harness.need("unshare", "mount", "mknod")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(tmp_path / "log"))
        s.settimeout(harness.PATIENCE)
        yield s


def test_syslogd_gets_lines_and_may_stop_reading(start, syslogd, echo):
    here = free_port()
    p = start("/usr/bin/env", "unshare", "-m", "sh", "-c",
              IN_A_DEV_OF_ITS_OWN, syslogd.getsockname(),
              harness.adit_path(), "tunnel", "-v", "trace", "--syslog=local3",
              f"udp-listen:127.0.0.1:{here}", f"udp:127.0.0.1:{echo}")
    line = syslogd.recv(3000).decode()
    # local3 is 19, and 19 * 8 + 6 is info.
    assert re.match(r"<15[678]>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
                    rf"adit\[{p.pid}\]: \S", line), line
    with harness.Udp(here) as s:
        s.ask_until_answered(b"hello")
        s.drain()
        echoes(s, MANY)
        syslogd.setblocking(False)
        text = b""

        def told():
            nonlocal text
            echoes(s, 1)
            try:
                while True:
                    text += syslogd.recv(3000)
            except BlockingIOError:
                pass
            return re.search(LOST, text)

        until("it says how many were lost", told)
    assert p.stop() == 0


def test_a_syslogd_that_starts_anew_gets_lines_again(start, syslogd, echo,
                                                     tmp_path):
    here = free_port()
    p = start("/usr/bin/env", "unshare", "-m", "sh", "-c",
              IN_A_DEV_OF_ITS_OWN, syslogd.getsockname(),
              harness.adit_path(), "tunnel", "-v", "debug", "--syslog=daemon",
              f"udp-listen:127.0.0.1:{here}", f"udp:127.0.0.1:{echo}")
    while "ready" not in syslogd.recv(3000).decode():
        pass
    syslogd.close()
    os.unlink(tmp_path / "log")
    with harness.Udp(here) as first:
        first.ask_until_answered(b"hello")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(tmp_path / "log"))
        s.settimeout(harness.PATIENCE)
        with harness.Udp(here) as second:
            second.ask_until_answered(b"hello")
        while "flow 2" not in s.recv(3000).decode():
            pass
        assert p.stop() == 0


def test_a_syslogd_that_starts_later_may_stop_reading(start, syslogd, echo,
                                                      tmp_path):
    here = free_port()
    p = start("/usr/bin/env", "unshare", "-m", "sh", "-c",
              IN_A_DEV_OF_ITS_OWN, tmp_path / "later",
              harness.adit_path(), "tunnel", "-v", "trace", "--syslog",
              f"udp-listen:127.0.0.1:{here}", f"udp:127.0.0.1:{echo}")
    with harness.Udp(here) as s:
        s.ask_until_answered(b"hello")
        s.drain()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind(str(tmp_path / "later"))
            log.settimeout(harness.PATIENCE)
            echoes(s, 1)
            assert f"adit[{p.pid}]: ".encode() in log.recv(3000)
            echoes(s, MANY)
            assert p.stop() == 0


# --- Rotation without rights --------------------------------------------------

@pytest.fixture
def as_nobody(start, tmp_path):
    """A tunnel that is nobody's, in whose folder only root writes; returns the
    process and its log."""
    need_root()
    for folder in tmp_path, *tmp_path.parents:
        if folder.stat().st_mode & 0o5 != 0o5 and folder.owner() == "root":
            folder.chmod(folder.stat().st_mode | 0o5)
    folder = tmp_path / "var-log"
    folder.mkdir(mode=0o755)
    log = folder / "adit.log"
    p = start("tunnel", "-l", log, "--user", "nobody",
              f"udp-listen:127.0.0.1:{free_port()}", "udp:127.0.0.1:9")
    until("it is ready", lambda: log.exists() and
          re.search(READY, log.read_text(), re.M))
    return p, log


def test_a_rotated_log_is_opened_again_by_the_user(as_nobody):
    """logrotate's "create" makes one like the old one."""
    p, log = as_nobody
    was = log.stat()
    log.rename(log.with_suffix(".1"))
    log.touch(mode=0o644)
    os.chown(log, was.st_uid, was.st_gid)
    p.send_signal(signal.SIGHUP)
    until("it is opened again", lambda: "reopened" in log.read_text())


def test_what_helps_is_told_when_it_cannot_be_opened_again(as_nobody):
    p, log = as_nobody
    old = log.with_suffix(".1")
    log.rename(old)
    p.send_signal(signal.SIGHUP)
    until("it says so", lambda: re.search(
        r"Permission denied; the log stays in the file that was open; "
        r"--user must be able to write it.*copytruncate", old.read_text()))


def test_a_log_that_was_there_keeps_its_owner(start, tmp_path):
    need_root()
    log = tmp_path / "log"
    log.touch()
    os.chown(log, 0, 0)
    p = start("tunnel", "-l", log, "--user", "nobody",
              f"udp-listen:127.0.0.1:{free_port()}", "udp:127.0.0.1:9")
    until("it is ready", lambda: re.search(READY, log.read_text(), re.M))
    assert log.stat().st_uid == 0
    assert p.stop() == 0
