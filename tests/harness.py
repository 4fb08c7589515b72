# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Processes, ports and sockets for the tests.

Nothing here sleeps to let something happen: it waits for a line of a log or
an answer, and fails when that does not come in time.
"""

import codecs
import ctypes
import io
import os
import pwd
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

PATIENCE = float(os.environ.get("ADIT_PATIENCE", "20"))  # seconds
READY = r": ready$"
TUNNELS = ("udp", "tcp", "tls", "old-tcp", "old-tls")


def adit_path():
    return os.path.abspath(os.environ.get("ADIT", "./adit"))


def need(*tools):
    """Skips the test when one of these programs is not installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def need_root():
    if os.geteuid() != 0:
        pytest.skip("only root can do this")


def of_nobody(path):
    """A file does not belong to root: what root's group may read of it is
    read by others."""
    if os.geteuid() == 0:
        os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)


def alone(*args):
    """A command line that runs that one in a network of its own, where all
    ports are free."""
    need("unshare", "ip")
    unshare = [shutil.which("unshare"), "-n" if os.geteuid() == 0 else "-rn"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets us make no network namespace")
    return (*unshare, "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
            *args)


def run(*args, status=0, timeout=PATIENCE, **options):
    """Runs a program to its end; its exit status must be that."""
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([str(a) for a in args], capture_output=True,
                          text=True, timeout=timeout, **options)
    assert done.returncode == status, \
        f"{args}: status {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def refused(*args, status, says, **options):
    """The program ends with that status and one line that says that."""
    done = run(*args, status=status, **options)
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == "", done.stdout
    assert re.search(says, lines[0]), lines[0]
    return lines[0]


# Ports below those that the system gives away, so that no outgoing
# connection takes one between free_port() and its use; in blocks, each of which
# one test run has.  A name that is bound says whose a block is; such names are
# of a network, as ports are, and end with the process.
_BLOCK = 50
_blocks = random.SystemRandom().sample(range(10000, 32000, _BLOCK),
                                       22000 // _BLOCK)
_claims = []
_ports = []
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _claim_block():
    """The ports of a block that no other test run has."""
    while _blocks:
        begin = _blocks.pop()
        if sys.platform == "linux":
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                s.bind(f"\0adit-test-ports-{begin}")
            except OSError:
                s.close()
                continue
            _claims.append(s)
        return list(range(begin, begin + _BLOCK))
    raise RuntimeError("no free block of ports")


def free_port(host="127.0.0.1"):
    """A port that is free for UDP and TCP, and given once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        if not _ports:
            _ports.extend(_claim_block())
        port = _ports.pop()
        try:
            for kind in socket.SOCK_DGRAM, socket.SOCK_STREAM:
                with socket.socket(family, kind) as s:
                    s.bind((host, port))
        except OSError:
            continue
        return port


def until(what, condition, timeout=PATIENCE):
    """Polls until the condition is true, and returns what it returned."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"not in {timeout} s: {what}"
        time.sleep(0.02)


def _die_with_us():
    """In a new process: it ends when the test run does, however."""
    if _libc is not None:
        _libc.prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG


class Process:
    """A program that runs, and what it has written so far."""

    def __init__(self, args, **options):
        self.args = [str(a) for a in args]
        self.news = threading.Condition()
        self.closed = False
        self.ended_by_test = False
        self._lines, self._rest = [], ""
        self._decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder("utf-8")("replace"), True)
        if threading.current_thread() is threading.main_thread():
            options.setdefault("preexec_fn", _die_with_us)
        options.setdefault("stdin", subprocess.DEVNULL)
        self.popen = subprocess.Popen(
            self.args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, **options)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    @property
    def pid(self):
        return self.popen.pid

    def _readable(self, timeout=None):
        poll = select.poll()
        poll.register(self.popen.stdout, select.POLLIN)
        return poll.poll(timeout)

    def _take(self):
        """Takes what it has written before this call, which the pipe gives at
        once.  For those who have the lock."""
        if self.closed or not self._readable(0):
            return
        data = os.read(self.popen.stdout.fileno(), 1 << 20)
        self.closed = not data
        self._rest += self._decoder.decode(data, final=self.closed)
        *lines, self._rest = self._rest.split("\n")
        if self.closed and self._rest:
            lines.append(self._rest)
        self._lines += lines
        self.news.notify_all()

    def _read(self):
        while not self.closed:
            self._readable()
            with self.news:
                self._take()

    @property
    def lines(self):
        """All that it has written before: what it logs and then does, a test
        that sees what it does finds here."""
        with self.news:
            self._take()
            return list(self._lines)

    def text(self):
        return "\n".join(self.lines)

    def mark(self):
        """A place in the log, for wait(since=)."""
        return len(self.lines)

    def wait(self, pattern, timeout=PATIENCE, since=0, count=1):
        """Waits for lines that match; returns the match of the last one."""
        wanted = re.compile(pattern)
        deadline = time.monotonic() + timeout
        with self.news:
            while True:
                self._take()
                found = [m for m in map(wanted.search, self._lines[since:])
                         if m]
                if len(found) >= count:
                    return found[count - 1]
                left = deadline - time.monotonic()
                assert left > 0 and not self.closed, \
                    f"{self.args}: no line {pattern!r} in:\n" + \
                    "\n".join(self._lines)
                self.news.wait(left)

    def say(self, line):
        """Writes to its standard input, which must be a pipe."""
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()

    def send_signal(self, number):
        self.popen.send_signal(number)

    def exit_status(self, timeout=PATIENCE):
        """Waits for its end."""
        self.ended_by_test = True
        status = self.popen.wait(timeout)
        self.reader.join(2)
        return status

    def stop(self, number=signal.SIGTERM):
        """Ends it, and returns its exit status."""
        self.send_signal(number)
        return self.exit_status()

    def kill(self):
        """Ends it as a power cut does."""
        return self.stop(signal.SIGKILL)

    def end(self):
        """After the test: it must still run, and end gracefully."""
        if self.ended_by_test:
            print(f"--- {' '.join(self.args)}\n{self.text()}")
            return
        died = self.popen.poll()
        if died is None:
            self.popen.terminate()
            try:
                self.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self.reader.join(2)
        print(f"--- {' '.join(self.args)}\n{self.text()}")
        assert died is None, f"{self.args} died: {died}\n{self.text()}"
        if "adit" in self.args[0] or "uotp-" in self.args[0]:
            assert self.popen.returncode == 0, \
                f"{self.args}: status {self.popen.returncode} at the end"

    def rss_kib(self):
        """Resident memory, in KiB."""
        with open(f"/proc/{self.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])

    def cpu_s(self):
        """Processor time used so far, in seconds."""
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Udp(socket.socket):
    """A UDP socket with one peer."""

    def __init__(self, port, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__(family, socket.SOCK_DGRAM)
        self.late = set()       # repeats that were not answered, see there
        self.repeats = 0
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        self.settimeout(PATIENCE)
        self.connect((host, port))

    def send(self, data, *args):
        """As always; its answer is awaited from now on."""
        self.late.discard(bytes(data))
        return super().send(data, *args)

    def recv(self, *args):
        """The next datagram, but for late answers of ask_until_answered()."""
        while True:
            data = super().recv(*args)
            if data not in self.late:
                return data
            self.late.remove(data)

    def ask(self, data):
        """Sends a datagram and returns the next that arrives."""
        self.send(data)
        return self.recv(70000)

    def ask_until_answered(self, data=b"are you there", timeout=PATIENCE):
        """Repeats a datagram until an echo of it is there: what is lost while
        something is away is lost, and what is late is forgotten, once each: a
        repeat has a number at its end, which the socket gives once.  Returns
        how long that took, in seconds."""
        began, asked, words = time.monotonic(), set(), data
        self.settimeout(0.1)
        try:
            while time.monotonic() - began < timeout:
                asked.add(words)
                try:
                    answer = self.ask(words)
                    if answer in asked:
                        asked.remove(answer)
                        return time.monotonic() - began
                except (TimeoutError, ConnectionRefusedError):
                    pass
                self.repeats += 1
                words = data + b" %d" % self.repeats
        finally:
            self.late |= asked
            self.settimeout(PATIENCE)
        raise AssertionError(f"no answer in {timeout} s")

    def drain(self):
        """Forgets what has arrived late."""
        self.settimeout(0.05)
        try:
            while True:
                self.recv(70000)
        except (TimeoutError, ConnectionRefusedError):
            self.settimeout(PATIENCE)

    def silent_for(self, seconds):
        """Whether nothing arrives in that time."""
        self.settimeout(seconds)
        try:
            self.recv(70000)
            return False
        except (TimeoutError, ConnectionRefusedError):
            return True
        finally:
            self.settimeout(PATIENCE)


def start_echo(start, host="127.0.0.1"):
    port = free_port(host)
    shown = f"[{host}]" if ":" in host else host
    start("echo", f"{shown}:{port}").wait("listening on")
    # It answers, so it handles signals, too.
    with Udp(port, host) as s:
        s.ask(b"")
    return port


def start_server(start, certs, names, kind, target, *more, port=None,
                 host="127.0.0.1"):
    """The accepting half of a tunnel; returns the process and its port."""
    port = port or free_port(host)
    shown = f"[{host}]" if ":" in host else host
    pem, key = certs / "server.pem", certs / "server.key"
    if kind == "tcp":
        args = "tunnel", *more, f"tcp-listen:{shown}:{port}", \
            f"udp:127.0.0.1:{target}"
    elif kind == "tls":
        args = "tunnel", *more, \
            f"tls-listen:{shown}:{port},cert={pem},key={key}", \
            f"udp:127.0.0.1:{target}"
    elif kind == "old-tcp":
        args = names / "uotp-server", "--no-tls", "-a", host, "-p", port, \
            *more, "127.0.0.1", target
    elif kind == "old-tls":
        args = names / "uotp-server", "-c", pem, "-k", key, "-a", host, \
            "-p", port, *more, "127.0.0.1", target
    process = start(*args)
    process.wait(READY)
    return process, port


def start_client(start, certs, names, kind, server, *more,
                 host="127.0.0.1"):
    """The dialling half of a tunnel; returns the process and its port."""
    port = free_port()
    shown = f"[{host}]" if ":" in host else host
    ca = certs / "ca.pem"
    if kind == "tcp":
        args = "tunnel", *more, f"udp-listen:127.0.0.1:{port}", \
            f"tcp:{shown}:{server}"
    elif kind == "tls":
        args = "tunnel", *more, f"udp-listen:127.0.0.1:{port}", \
            f"tls:{shown}:{server},cafile={ca}"
    elif kind == "old-tcp":
        args = names / "uotp-client", "--no-tls", "-p", port, *more, host, \
            server
    elif kind == "old-tls":
        args = names / "uotp-client", "-C", ca, "-p", port, *more, host, \
            server
    process = start(*args)
    process.wait(READY)
    return process, port


def start_tunnel(start, certs, names, kind, target):
    """Both halves; returns the port of the client."""
    if kind == "udp":
        port = free_port()
        start("tunnel", f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{target}").wait(READY)
        return port
    _, server = start_server(start, certs, names, kind, target)
    _, port = start_client(start, certs, names, kind, server)
    return port


def has_ipv6():
    """Whether ::1 can be used here."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


class Relay:
    """A TCP relay that can cut, reset or stall what goes through it."""

    def __init__(self, target, at=("127.0.0.1", 0)):
        self.target = target
        self.listener = socket.create_server(at)
        self.port = self.listener.getsockname()[1]
        self.pairs = []
        self.accepted = 0
        self.flows = threading.Event()
        self.flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            self.accepted += 1
            self.pairs.append((client, server))
            for a, b in (client, server), (server, client):
                threading.Thread(target=self._copy, args=(a, b),
                                 daemon=True).start()

    def _copy(self, a, b):
        try:
            while True:
                self.flows.wait()
                data = a.recv(65536)
                self.flows.wait()
                if not data:
                    break
                b.sendall(data)
        except OSError:
            pass
        for s in a, b:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self, how_many=None, reset=False):
        """Ends connections, the oldest first."""
        pairs, self.pairs = self.pairs[:how_many], \
            self.pairs[how_many:] if how_many else []
        for pair in pairs:
            for s in pair:
                if reset:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
                    # close() waits for the recv() of our thread to end.
                    try:
                        s.shutdown(socket.SHUT_RD)
                    except OSError:
                        pass
                else:
                    try:
                        s.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            for s in pair:
                s.close()

    def close(self):
        self.flows.set()
        self.listener.close()
        self.cut()
