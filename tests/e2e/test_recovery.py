# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What goes away comes back: servers, connections, names."""

import os
import re
import signal
import socket
import time

import pytest

import harness
from harness import READY, free_port, need, until

KINDS = ["tcp", "tls"]


@pytest.fixture
def relay():
    relays = []

    def relay(target):
        relays.append(harness.Relay(target))
        return relays[-1]

    yield relay
    for r in relays:
        r.close()


def connections(port):
    """Established TCP connections to a local port, by the kernel's list."""
    n = 0
    for table in "/proc/net/tcp", "/proc/net/tcp6":
        try:
            lines = open(table).read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, _, remote, state = line.split()[:4]
            if state == "01" and int(remote.rsplit(":", 1)[1], 16) == port:
                n += 1
    return n


# --- Servers ----------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_server_may_come_later(start, certs, names, echo, udp, kind):
    port = free_port()
    client, client_port = harness.start_client(start, certs, names, kind,
                                               port)
    s = udp(client_port)
    s.send(b"too early")
    client.wait("cannot connect: .*refused.*trying again")
    harness.start_server(start, certs, names, kind, echo, port=port)
    took = s.ask_until_answered()
    assert took < 6, "the back-off is 5 s at most"
    client.wait("connected to .* again")


@pytest.mark.parametrize("kind", KINDS)
def test_a_datagram_waits_while_the_first_connection_is_made(
        start, certs, names, echo, udp, kind):
    _, server = harness.start_server(start, certs, names, kind, echo)
    _, port = harness.start_client(start, certs, names, kind, server)
    s = udp(port)
    for i in range(50):
        s.send(b"%d" % i)
    assert len({s.recv(100) for _ in range(50)}) == 50


@pytest.mark.parametrize("kind", KINDS)
def test_datagrams_wait_for_a_server_that_takes_its_time(
        start, certs, names, udp, relay, kind):
    """All that fits into the queue, 256 KiB, arrives once there is a
    connection, within the connect time-out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        target.bind(("127.0.0.1", 0))
        _, server = harness.start_server(start, certs, names, kind,
                                         target.getsockname()[1])
        r = relay(server)
        r.flows.clear()
        _, port = harness.start_client(start, certs, names, kind, r.port)
        s = udp(port)
        for i in range(125):
            s.send(b"%1400d" % i)
            s.silent_for(0.008)     # so that no socket's buffer overflows
        r.flows.set()
        target.settimeout(harness.PATIENCE)
        got = set()
        while len(got) < 125:
            got.add(target.recv(2000))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_traffic_is_back_after_the_server_was_started_again(
        start, certs, names, echo, udp, kind, how):
    server, port = harness.start_server(start, certs, names, kind, echo)
    client, client_port = harness.start_client(start, certs, names, kind,
                                               port)
    s = udp(client_port)
    s.ask_until_answered()
    if how == "stopped":
        server.stop()
    else:
        server.kill()
    client.wait("is losing connections")
    harness.start_server(start, certs, names, kind, echo, port=port)
    # It was away for an instant, so the first attempts are frequent.
    assert s.ask_until_answered(b"again") < 3


@pytest.mark.parametrize("kind", KINDS)
def test_traffic_is_back_after_the_client_was_started_again(
        start, certs, names, echo, udp, kind):
    _, server = harness.start_server(start, certs, names, kind, echo)
    for _ in range(3):
        client, port = harness.start_client(start, certs, names, kind,
                                            server)
        assert udp(port).ask(b"hello") == b"hello"
        client.stop()


def test_an_absent_server_costs_few_lines_and_little_work(start, udp):
    port = free_port()
    p = start("uotp-client", "--no-tls", "-p", port, "-B", "0.1",
              "127.0.0.1", free_port())
    p.wait(READY)
    sockets = [udp(port) for _ in range(20)]
    began, cpu = time.monotonic(), p.cpu_s()
    while time.monotonic() - began < 2:
        for s in sockets:
            try:
                s.send(b"hello")
            except ConnectionRefusedError:
                pass
        sockets[0].silent_for(0.05)
    assert p.text().count("cannot connect") <= 6, p.text()
    assert p.cpu_s() - cpu < 1.0


# --- Connections ------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["closed", "reset"])
def test_lost_connections_are_made_again(start, certs, names, echo, udp,
                                         relay, kind, how):
    _, server = harness.start_server(start, certs, names, kind, echo)
    r = relay(server)
    client, port = harness.start_client(start, certs, names, kind, r.port)
    s = udp(port)
    s.ask_until_answered()
    until("the whole pool", lambda: r.accepted == 8)
    r.cut(reset=how == "reset")
    assert s.ask_until_answered(b"again") < 3
    until("the whole pool again", lambda: r.accepted >= 16)
    assert client.popen.poll() is None


def test_target_sees_the_same_port_after_all_connections_were_lost(
        start, certs, names, udp, relay):
    """The session outlives its last connection for the grace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind(("127.0.0.1", 0))
        target.settimeout(harness.PATIENCE)
        _, server = harness.start_server(start, certs, names, "tls",
                                         target.getsockname()[1])
        r = relay(server)
        _, port = harness.start_client(start, certs, names, "tls", r.port)
        s = udp(port)
        s.send(b"before")
        before = target.recvfrom(100)
        until("the whole pool", lambda: r.accepted == 8)
        r.cut()
        until("another connection", lambda: r.accepted > 8)
        target.settimeout(0.1)

        def after():
            """What the server's side of the old ones took is lost."""
            s.send(b"after")
            try:
                data, source = target.recvfrom(100)
            except TimeoutError:
                return False
            assert source == before[1]
            return data == b"after"

        until("it arrives", after)


def test_one_lost_connection_of_the_pool_is_not_noticed(
        start, certs, names, echo, udp, relay):
    _, server = harness.start_server(start, certs, names, "tls", echo)
    r = relay(server)
    _, port = harness.start_client(start, certs, names, "tls", r.port)
    s = udp(port)
    s.ask_until_answered()
    until("the whole pool", lambda: r.accepted == 8)
    # What is on its way through the relay is over first.
    s.silent_for(0.1)
    r.cut(1)
    until("another one in its place", lambda: r.accepted == 9)
    for i in range(100):
        s.send(b"%d" % i)
    for _ in range(100):
        s.recv(100)


def test_a_stalled_server_costs_bounded_memory(start, certs, names, echo,
                                               udp, relay):
    _, server = harness.start_server(start, certs, names, "tcp", echo)
    r = relay(server)
    client, port = harness.start_client(start, certs, names, "tcp", r.port)
    s = udp(port)
    s.ask_until_answered()
    until("the whole pool", lambda: r.accepted == 8)
    r.flows.clear()
    for _ in range(20000):
        s.send(b"x" * 1400)
    client.send_signal(signal.SIGUSR1)
    client.wait("lost here: ")
    assert client.rss_kib() < 40000
    r.flows.set()
    s.drain()
    s.ask_until_answered(b"fresh")


@pytest.mark.parametrize("kind", ["old-tcp", "old-tls"])
def test_idle_session_and_its_connections_end(start, certs, names, echo, udp,
                                              kind):
    _, server = harness.start_server(start, certs, names, kind, echo)
    client, port = harness.start_client(start, certs, names, kind, server,
                                        "-e", "1", "-n", "3")
    s = udp(port)
    s.ask_until_answered()
    until("the pool", lambda: connections(server) == 3)
    began = time.monotonic()
    assert s.ask(b"the last") == b"the last"
    client.wait("flow 1: .*ended: idle")
    assert time.monotonic() - began > 0.9
    until("the connections are closed", lambda: connections(server) == 0)
    assert s.ask(b"anew") == b"anew"
    client.wait("flow 2: .*began")


def test_traffic_of_one_side_keeps_a_session(start, certs, names, udp):
    """Only the client sends: the session does not end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        _, server = harness.start_server(start, certs, names, "tcp",
                                         deaf.getsockname()[1])
        client, port = harness.start_client(start, certs, names, "old-tcp",
                                            server, "-e", "1")
        s = udp(port)

        def steady_try():
            """Sends for 3.5 s.  What is logged after the first second, when the
            end of a flow before this try is told; None: two datagrams were
            a second apart."""
            since, was = 0, time.monotonic()
            s.send(b"one way")
            for i in range(35):
                s.silent_for(0.1)
                now = time.monotonic()
                s.send(b"one way")
                if time.monotonic() - was >= 0.9:
                    return None
                was = now
                if i == 9:
                    since = client.mark()
            lines = client.lines[since:]
            return lines if time.monotonic() - was < 0.9 else None

        for _ in range(40):
            lines = steady_try()
            if lines is not None:
                break
        assert lines is not None, "this machine never let it send steadily"
        assert not any("ended" in x for x in lines)


def test_either_silence_ends_a_flow_when_asked(start, udp):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = free_port()
        p = start("tunnel", "--idle", "0.5", "--stale-mode", "either",
                  f"udp-listen:127.0.0.1:{port}",
                  f"udp:127.0.0.1:{deaf.getsockname()[1]}")
        p.wait(READY)
        s = udp(port)
        until("the flow ends although it is sent to",
              lambda: s.send(b"one way") and "ended: idle" in p.text())


def test_max_flows_refuses_the_next_one_and_no_other(start, echo, udp):
    port = free_port()
    p = start("tunnel", "--max-flows", "3", f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    sockets = [udp(port) for _ in range(3)]
    for s in sockets:
        assert s.ask(b"hello") == b"hello"
    more = udp(port)
    more.send(b"hello")
    p.wait("flow refused: 3 are there already.*max-flows sets")
    assert more.silent_for(0.2)
    for s in sockets:
        assert s.ask(b"still here") == b"still here"


def test_a_silent_server_is_left_after_the_timeout(start, certs, udp):
    """It takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(harness.PATIENCE)
        port = free_port()
        p = start("uotp-client", "-p", port, "-n", "1", "-w", "0.5", "-B",
                  "0.1", "-C", certs / "ca.pem", "127.0.0.1",
                  deaf.getsockname()[1])
        p.wait(READY)
        began = time.monotonic()
        udp(port).send(b"hello")
        first, _ = deaf.accept()
        first.settimeout(harness.PATIENCE)
        while first.recv(4096):
            pass
        # The time without -w is 5 s.
        assert 0.45 < time.monotonic() - began < 4.5
        p.wait("cannot connect: .*no TLS handshake in time; .*longer timeout")
        deaf.accept()[0].close()
        first.close()


# --- Names ------------------------------------------------------------------

@pytest.mark.parametrize("once", [[], ["-R"]], ids=["each-time", "once"])
def test_names_are_looked_up(start, certs, names, echo, udp, once):
    _, server = harness.start_server(start, certs, names, "tls", echo,
                                     host="127.0.0.1")
    port = free_port()
    start("uotp-client", "-C", certs / "ca.pem", "-p", port, *once,
          "localhost", server).wait(READY)
    assert udp(port).ask(b"hello") == b"hello"


def test_target_may_be_a_name(start, certs, names, echo, udp):
    port = free_port()
    start("tunnel", f"udp-listen:localhost:{port}",
          f"udp:localhost:{echo}").wait(READY)
    assert udp(port).ask(b"hello") == b"hello"


@pytest.mark.parametrize("once", [[], ["-R"]], ids=["each-time", "once"])
def test_name_that_does_not_resolve_is_retried(start, udp, once):
    port = free_port()
    p = start("uotp-client", "--no-tls", "-p", port, "-B", "0.2", *once,
              "no-such-host.invalid", 1)
    p.wait(READY)
    s = udp(port)
    s.send(b"hello")
    p.wait(r"cannot connect: .*no-such-host\.invalid.*trying again")
    assert s.silent_for(1)
    assert p.popen.poll() is None
    assert p.text().count("cannot connect") <= 3


def test_target_name_that_does_not_resolve_ends_the_flow_only(start, udp):
    port = free_port()
    p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
              "udp:no-such-host.invalid:9")
    p.wait(READY)
    udp(port).send(b"hello")
    p.wait(r"no-such-host\.invalid")
    p.wait("flow 1: .*ended")
    udp(port).send(b"hello")
    p.wait("flow 2: .*began")


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(word) for word in f.read().split()]


def test_resolver_has_no_process_for_look_ups_before_the_first(
        start, echo, udp):
    port = free_port()
    p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    assert udp(port).ask(b"hello") == b"hello"
    keeper, = children_of(p.pid)
    assert children_of(keeper) == []


def test_resolver_that_dies_is_started_again(start, echo, udp):
    port = free_port()
    p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
              f"udp:localhost:{echo}")
    p.wait(READY)
    assert udp(port).ask(b"hello") == b"hello"
    keeper, = children_of(p.pid)
    helper, = children_of(keeper)
    os.kill(helper, signal.SIGKILL)
    p.wait("resolver.*is started again")
    assert udp(port).ask_until_answered() < 5
    # The next one is no heir of the daemon.
    assert children_of(p.pid) == [keeper]
    assert children_of(keeper) != [helper]
    p.stop()
    until("that ends too", lambda: not os.path.exists(f"/proc/{keeper}"))


def test_resolver_that_dies_knows_no_key_and_needs_no_root(
        start, adit, echo, udp, tmp_path):
    """It works in front of the jail, without the daemon's capabilities and
    without a copy of its keys."""
    harness.need_root()
    jail = tmp_path / "jail"
    jail.mkdir()
    key = "c0ffee" * 8
    secret = tmp_path / "keys"
    secret.write_text(f"somebody:{key}\n")
    secret.chmod(0o600)
    port = free_port()
    p = start("tunnel", "--user", "nobody", "--chroot", jail,
              f"dtls-listen:127.0.0.1:{port},psk-file={secret}",
              f"udp:localhost:{echo}")
    p.wait(READY)
    local = free_port()
    client = start("tunnel", f"udp-listen:127.0.0.1:{local}",
                   f"dtls:127.0.0.1:{port},psk-file={secret}")
    client.wait(READY)
    keeper, = children_of(p.pid)
    assert udp(local).ask_until_answered() < 5
    os.kill(children_of(keeper)[0], signal.SIGKILL)
    p.wait("resolver.*is started again")
    assert udp(local).ask_until_answered() < 5
    helper, = children_of(keeper)
    binary = bytes.fromhex(key)
    assert holds(p.pid, binary)
    for each in keeper, helper:
        with open(f"/proc/{each}/status") as f:
            status = f.read()
        assert re.search(r"(?m)^CapEff:\t0+$", status), status
        assert os.readlink(f"/proc/{each}/root") == "/"
        assert not holds(each, binary)
        assert not holds(each, key.encode())


def holds(pid, wanted):
    """Whether these bytes are in the memory that a process may write to."""
    with open(f"/proc/{pid}/maps") as f:
        maps = [line.split() for line in f]
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for where, rights, *_ in maps:
            if not rights.startswith("rw"):
                continue
            begin, end = (int(word, 16) for word in where.split("-"))
            try:
                memory.seek(begin)
                if wanted in memory.read(end - begin):
                    return True
            except (OSError, OverflowError):
                pass
    return False


def hosts_of_our_own(tmp_path, text):
    """A command line before a program, for which /etc/hosts is this file."""
    need("unshare", "mount")
    harness.need_root()
    hosts = tmp_path / "hosts"
    hosts.write_text(text)
    return ["/usr/bin/env", "unshare", "-m", "sh", "-c",
            f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"], hosts


def test_name_is_looked_up_for_each_attempt_unless_told(
        start, adit, certs, names, echo, udp, tmp_path):
    prefix, hosts = hosts_of_our_own(tmp_path, "127.0.0.2 moving.test\n")
    server_port = free_port()
    first = start("uotp-server", "--no-tls", "-a", "127.0.0.2", "-p",
                  server_port, "127.0.0.1", echo)
    first.wait(READY)
    ports = {}
    for once in [], ["-R"]:
        port = ports[len(once)] = free_port()
        start(*prefix, adit, "uotp-client", "--no-tls", "-B", "0.2", "-p",
              port, *once, "moving.test", server_port).wait(READY)
        assert udp(port).ask(b"hello") == b"hello"
    # The server moves.
    hosts.write_text("127.0.0.3 moving.test\n")
    first.stop()
    start("uotp-server", "--no-tls", "-a", "127.0.0.3", "-p", server_port,
          "127.0.0.1", echo).wait(READY)
    udp(ports[0]).ask_until_answered()
    once = udp(ports[1])
    once.send(b"hello")
    assert once.silent_for(1)


def test_the_next_address_of_a_name_is_tried(start, adit, echo, udp,
                                             tmp_path):
    prefix, _ = hosts_of_our_own(
        tmp_path, "127.0.0.4 many.test\n127.0.0.3 many.test\n"
        "127.0.0.2 many.test\n")
    server, port = free_port(), free_port()
    start("uotp-server", "--no-tls", "-a", "127.0.0.2", "-p", server,
          "127.0.0.1", echo).wait(READY)
    start(*prefix, adit, "uotp-client", "--no-tls", "-p", port, "many.test",
          server).wait(READY)
    assert udp(port).ask(b"hello") == b"hello"
