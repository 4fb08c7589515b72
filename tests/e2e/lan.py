# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Hosts on one network, 10.77.0.N, with sockets of the test in them, and web
servers."""

import contextlib
import ctypes
import os
import re
import signal
import socket
import ssl
import subprocess
import threading

import harness
from harness import until
from machines import pings
from tunnels import need_tun

_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


@contextlib.contextmanager
def on(machine):
    """Sockets that are made meanwhile, by this thread, are that machine's."""
    with open("/proc/thread-self/ns/net") as here, \
            open(machine.netns) as there:
        assert _libc.setns(there.fileno(), CLONE_NEWNET) == 0
        try:
            yield
        finally:
            assert _libc.setns(here.fileno(), CLONE_NEWNET) == 0


def udp_on(machine, address="0.0.0.0", port=0):
    """A UDP socket of the test on a machine."""
    with on(machine):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind((address, port))
    s.settimeout(harness.PATIENCE)
    return s


def raw_on(machine, protocol):
    """A raw IPv4 socket of the test on a machine."""
    with on(machine):
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
    s.settimeout(harness.PATIENCE)
    return s


def packets_on(machine, device):
    """A socket of the test that sees the IPv4 packets of a device; whether one
    went out or came in is the third that recvfrom() says with it."""
    with on(machine):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                          socket.htons(0x0800))
        s.bind((device, 0x0800))
    s.settimeout(harness.PATIENCE)
    return s


class Lan:
    """A switch, and hosts as they are asked for."""

    def __init__(self, machine, start, adit):
        need_tun()
        self.machine, self.start, self.adit = machine, start, adit
        self.switch = machine("switch")
        self.switch.ip("link", "add", "lan", "type", "bridge")
        self.switch.ip("link", "set", "lan", "up")
        self.hosts = []

    def host(self):
        """The next one: its address is 10.77.0.N, and fd77::N."""
        n = len(self.hosts) + 1
        m = self.machine(f"host{n}")
        for name in "udptun", "udptunnel":
            (m.folder / "bin" / name).symlink_to(self.adit)
        self.switch.connect(f"port{n}", m, "eth0")
        self.switch.ip("link", "set", f"port{n}", "master", "lan", "up")
        m.number, m.address = n, f"10.77.0.{n}"
        m.ip("address", "add", f"fd77::{n}/64", "dev", "eth0", "nodad")
        m.up("eth0", f"{m.address}/24")
        m.daemon = None
        self.hosts.append(m)
        return m

    def run(self, m, *args, ready=r": ready$", **options):
        """Starts a program that stays."""
        m.daemon = self.start(*m.prefix, *args, **options)
        if ready is not None:
            m.daemon.wait(ready)
        return m.daemon

    def udptun(self, m, *args, inner=None, bits=24, device="udptun",
               **options):
        """Starts udptun, and gives its device an address as a user does."""
        daemon = self.run(m, "udptun", *args, "-d", device, **options)
        m.up(device, f"{inner or f'192.168.111.{m.number}'}/{bits}")
        return daemon


def ping(m, *args, status=0):
    """What ping says, which must end like that."""
    done = subprocess.run(
        [*m.prefix, "ping", "-n", "-i", "0.1", *map(str, args)], text=True,
        capture_output=True, timeout=30)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def reach(m, to, timeout=harness.PATIENCE):
    until(f"a ping to {to} comes back", lambda: pings(m, to, 1), timeout)


def lost(daemon, cause):
    """How many datagrams it lost so far for that cause."""
    since = daemon.mark()
    daemon.send_signal(signal.SIGUSR1)
    line = daemon.wait("lost here: (.*)", since=since)[1]
    found = re.search(rf"(\d+) {re.escape(cause)}", line)
    return int(found[1]) if found else 0


class Web:
    """A web server of the test on a machine: `answer` maps a path to a
    function that is given the connection and the request."""

    def __init__(self, machine, answer, port=80, tls=None):
        self.answer = answer
        self.asked = []
        self.tls = tls
        with on(machine):
            self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", port))
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(s,),
                             daemon=True).start()

    def _serve(self, s):
        try:
            if self.tls is not None:
                s = self.tls.wrap_socket(s, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request:
                more = s.recv(65536)
                if not more:
                    return
                request += more
                if not request[:1].isalpha():
                    s.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
            request = request.decode()
            path = request.split()[1]
            self.asked.append(path)
            self.answer[path](s, request)
            if self.tls is not None:
                s = s.unwrap()
        except (OSError, ValueError):
            pass
        finally:
            s.close()

    def close(self):
        self.listener.close()


def body(text, status="200 OK", fields=""):
    """Answers with a text."""
    def answer(s, request):
        s.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n"
                  f"{fields}\r\n{text}".encode())
    return answer


def moved(to, status="302 Found"):
    """Answers by a redirect."""
    return body("", status, f"Location: {to}\r\n")


def tls_context(ca, name="web", names="DNS:web.example.com", **versions):
    """A server's side of TLS with a certificate of that CA."""
    pem, key = ca.issue(name, names=names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    for what, version in versions.items():
        setattr(context, what, version)
    return context


def nginx(lan, m, *servers):
    """nginx with these server blocks, and files of m.folder / "www"."""
    harness.need("nginx")
    www = m.folder / "www"
    www.mkdir(exist_ok=True)
    www.chmod(0o755)
    config = m.folder / "nginx.conf"
    config.write_text(f"""daemon off;
        user root;
        worker_processes 1;
        pid {m.folder}/nginx.pid;
        error_log stderr;
        events {{ }}
        http {{
            access_log off;
            {' '.join('server { root ' + str(www) + '; ' + s + ' }'
                      for s in servers)}
        }}""")
    m.web = lan.start(*m.prefix, "nginx", "-e", "stderr", "-c", config)
    wait_for_port(m, 80)
    return www


def lighttpd(lan, m, more=""):
    """lighttpd with files of m.folder / "www"."""
    harness.need("lighttpd")
    www = m.folder / "www"
    www.mkdir(exist_ok=True)
    config = m.folder / "lighttpd.conf"
    config.write_text(f"""server.document-root = "{www}"
        server.port = 80
        mimetype.assign = (".json" => "application/json")
        {more}""")
    m.web = lan.start(*m.prefix, "lighttpd", "-D", "-f", config)
    wait_for_port(m, 80)
    return www


def wait_for_port(m, port):
    def taken():
        with on(m):
            s = socket.socket()
        with s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    until(f"port {port} is open", taken)


def write(path, text):
    """Puts a new file in the place of an old one, all at once."""
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)
