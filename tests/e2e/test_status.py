# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit status and adit ctl: what they show of each pair of ends, whom they
answer, and what nobody can do to the process by its control socket."""

import itertools
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest

import harness
from harness import PATIENCE, READY, Relay, Udp, free_port, run, until
from test_pairs import CARRIERS
from tunnels import KINDS, Vpn

SCHEMA = pathlib.Path(__file__).parents[2] / "doc" / "status.schema.json"


@pytest.fixture
def path(tmp_path):
    """Of a control socket; not too long for one."""
    folder = tempfile.mkdtemp(prefix="adit-")
    os.chmod(folder, 0o755)
    yield f"{folder}/socket"
    shutil.rmtree(folder)


@pytest.fixture
def one(start, path, echo):
    """A tunnel to an echo; returns the process and its port."""
    port = free_port()
    p = start("tunnel", "--control", path, f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    return p, port


def valid(text):
    """The document, which must be one line and as the schema says."""
    jsonschema = pytest.importorskip("jsonschema")
    assert text.count("\n") == 1 and text.endswith("\n")
    document = json.loads(text)
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(
        document)
    return document


def status(adit, path, *more):
    return valid(run(adit, "status", "--control", path, "--json",
                     *more).stdout)


def ctl(adit, path, *words, status=0):
    return run(adit, "ctl", "--control", path, *words, status=status)


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(PATIENCE)
    s.connect(path)
    return s


def answers(path):
    """Whether somebody listens there: the path is there a little earlier."""
    try:
        connect(path).close()
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    return True


def line_of(s):
    """The next line that is received; what there is at the end."""
    text = b""
    while not text.endswith(b"\n"):
        more = s.recv(65536)
        if not more:
            break
        text += more
    return text.decode()


def ask(path, request):
    with connect(path) as s:
        s.sendall(request.encode() + b"\n")
        return json.loads(line_of(s))


# --- Every pair of ends -----------------------------------------------------

def test_json_is_valid_for_every_pair_of_ends(adit, start, certs, echo, path,
                                              tmp_path):
    """All of them are tunnels of one process, which serve each other."""
    conf, ports = [], {}
    for name, (left, _) in CARRIERS.items():
        ports[name] = free_port()
        conf.append((f"{name}.server", left.format(
            port=ports[name], certs=certs), f"udp:127.0.0.1:{echo}"))
    heres = {}
    for (a, (left, _)), (b, (_, right)) in itertools.product(
            CARRIERS.items(), CARRIERS.items()):
        heres[a, b] = free_port()
        conf.append((f"{a}.{b}", left.format(port=heres[a, b], certs=certs),
                     right.format(port=ports[b], certs=certs)))
    file = tmp_path / "adit.conf"
    file.write_text("".join(f"[tunnel {n}]\nleft = {a}\nright = {b}\n"
                            for n, a, b in conf))
    p = start("run", "-c", file, "--control", path)
    p.wait(READY, count=len(conf), timeout=3 * PATIENCE)
    document = status(adit, path)
    assert [t["name"] for t in document["tunnels"]] == [n for n, _, _ in conf]
    assert document["process"]["config"] == str(file)
    for b in CARRIERS:
        with Udp(heres["udp", b]) as u:
            u.ask_until_answered()
    document = status(adit, path)
    by_name = {t["name"]: t for t in document["tunnels"]}
    for b in CARRIERS:
        t = by_name[f"udp.{b}"]
        assert t["up"]["datagrams"] >= 1 and t["down"]["datagrams"] >= 1
        peer, = t["peers"]
        assert peer["name"] is None
        assert peer["address"].startswith("127.0.0.1:")
        assert peer["up"] == t["up"]
        assert peer["heard_s"] is not None
        if b != "udp":
            right = t["right"]
            assert right["connections"] >= 1
            assert right["peer_address"] == f"127.0.0.1:{ports[b]}"
            assert right["protocol"] == (
                "DTLS 1.2" if "dtls" in b else
                "TLS 1.2" if "tls" in b else "TCP")
            if "tls" in b:
                assert right["suite"].count("-") + right["suite"].count("_")
            server, = by_name[f"{b}.server"]["peers"]
            assert server["protocol"] == right["protocol"]
        if b in ("tls", "uott-tls"):
            left = by_name[f"{b}.server"]["left"]
            assert left["certificate_days"] > 21
            assert right["peer_name"] == "localhost"
    table = run(adit, "status", "--control", path).stdout
    assert "\x1b" not in table
    for name, _, _ in conf:
        assert f"\ntunnel: {name}\n" in table


@pytest.mark.parametrize("kind", KINDS)
def test_json_is_valid_for_devices(machine, start, ca, kind):
    """The server has the inner addresses of its clients, by their names."""
    vpn = Vpn(machine, start, ca, kind)
    m = vpn.client()
    vpn.serve()
    vpn.dial(m)
    document = valid(m.run("adit", "status", "--json").stdout)
    t, = document["tunnels"]
    assert t["left"]["kind"] == "tun" and t["peers"] == []
    assert t["up"]["datagrams"] > 0
    assert t["right"]["peer_address"] == "10.77.1.1:4443"
    document = valid(vpn.server.run("adit", "status", "--json").stdout)
    t, = document["tunnels"]
    if kind == "ip-udp":
        return
    peer, = t["peers"]
    assert "10.8.0.11" in peer["inner"]
    assert peer["inner_total"] >= 1
    if kind in ("tls", "uott-tls", "dtls"):
        assert peer["name"] == vpn.name(1)
        done = vpn.server.run("adit", "ctl", "drop", "-", vpn.name(1))
        assert done.stdout == "drop: 1 flow\n"
        vpn.reach(m)


# --- What it shows ----------------------------------------------------------

def test_table_names_the_fault_of_a_tunnel_that_does_not_run(
        adit, start, path, echo, tmp_path):
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        file = tmp_path / "adit.conf"
        file.write_text(
            f"[tunnel good]\nleft = udp-listen:127.0.0.1:{port}\n"
            f"right = udp:127.0.0.1:{echo}\n[tunnel bad]\n"
            f"left = udp-listen:127.0.0.1:{taken.getsockname()[1]}\n"
            f"right = udp:127.0.0.1:{echo}\n")
        start("run", "-c", file, "--control", path).wait(r"good: .*: ready$")
        document = status(adit, path)
        bad, = (t for t in document["tunnels"] if t["name"] == "bad")
        assert bad["state"] == "failed"
        assert "in use" in bad["last_error"]["text"]
        assert bad["retry_s"] is not None
        table = run(adit, "status", "--control", path).stdout
        assert "1 of 2 tunnels runs" in table
        assert re.search(r"state: failed for \d+ s", table)
        assert re.search(r"last error: .*in use", table)
        assert re.search(r"next attempt: in \d+ ", table)


def test_counters_do_not_go_back_in_a_reload(adit, start, path, echo,
                                             tmp_path):
    first, second = free_port(), free_port()
    file = tmp_path / "adit.conf"

    def write(port):
        file.write_text(f"[tunnel a]\nleft = udp-listen:127.0.0.1:{port}\n"
                        f"right = udp:127.0.0.1:{echo}\n")
    write(first)
    start("run", "-c", file, "--control", path).wait(READY)
    with Udp(first) as u:
        u.ask(b"x" * 100)
    write(second)
    assert "1 started again" in ctl(adit, path, "reload").stdout
    t, = status(adit, path)["tunnels"]
    assert t["flows"] == 0
    assert t["up"] == {"datagrams": 1, "bytes": 100}
    with Udp(second) as u:
        u.ask(b"x" * 50)
    t, = status(adit, path)["tunnels"]
    assert t["up"] == {"datagrams": 2, "bytes": 150}
    assert t["flows_total"] == 2
    file.write_text("[tunnel a]\nleft = nonsense\n")
    done = ctl(adit, path, "reload", status=1)
    assert "nonsense" in done.stderr


def test_watch_appends_tables_with_rates_to_a_pipe(adit, start, one, path):
    _, port = one
    watch = start("status", "--control", path, "--watch")
    with Udp(port) as u:
        watch.wait(r"^tunnel$")
        u.ask(b"x" * 5000)
        watch.wait(r"; now [\d.]+ \w+/s up", count=3)
    assert "\x1b" not in watch.text()
    watch.kill()


def test_watch_redraws_a_terminal_until_q_is_pressed(adit, one, path):
    pty = pytest.importorskip("pty")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(adit, [adit, "status", "--control", path, "-w"])
    text = b""

    def shown(what):
        nonlocal text
        deadline = time.monotonic() + PATIENCE
        while text.count(what) < 2:
            assert time.monotonic() < deadline, text
            text += os.read(terminal, 65536)
    try:
        shown(b"\x1b[H")
        assert b"\x1b[1;32mtunnel\x1b[0m" in text
        os.write(terminal, b"q")
        assert os.waitpid(pid, 0)[1] == 0
        pid = 0
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(terminal)


def test_signals_log_the_table_and_connect_again(start, echo, udp):
    server, here = free_port(), free_port()
    start("tunnel", f"tcp-listen:127.0.0.1:{server}",
          f"udp:127.0.0.1:{echo}").wait(READY)
    relay = Relay(server)
    p = start("tunnel", f"udp-listen:127.0.0.1:{here}",
              f"tcp:127.0.0.1:{relay.port},pool=1")
    p.wait(READY)
    u = udp(here)
    u.ask_until_answered()
    p.send_signal(signal.SIGUSR1)
    p.wait(r"INFO +adit: tunnel$")
    p.wait(r"INFO +adit:   peer: 127\.0\.0\.1:\d+$")
    before = relay.accepted
    p.send_signal(signal.SIGUSR2)
    p.wait("connecting again")
    until("a new connection", lambda: relay.accepted > before)
    u.ask_until_answered()
    relay.close()


def test_ctl_reconnects_drops_and_sets_the_level(adit, start, path, echo,
                                                 udp):
    server, here = free_port(), free_port()
    start("tunnel", f"uott-listen:127.0.0.1:{server}",
          f"udp:127.0.0.1:{echo}").wait(READY)
    relay = Relay(server)
    p = start("tunnel", "--control", path, f"udp-listen:127.0.0.1:{here}",
              f"uott:127.0.0.1:{relay.port}")
    p.wait(READY)
    u = udp(here)
    u.ask_until_answered()
    before = relay.accepted
    assert ctl(adit, path, "reconnect").stdout == "reconnect: 1 tunnel\n"
    until("a new connection", lambda: relay.accepted > before)
    u.ask_until_answered()
    assert ctl(adit, path, "drop", "-", "127.0.0.1").stdout == \
        "drop: 1 flow\n"
    p.wait("dropped by the operator")
    u.ask_until_answered()
    assert status(adit, path)["process"]["log_level"] == "info"
    ctl(adit, path, "loglevel", "debug")
    assert status(adit, path)["process"]["log_level"] == "debug"
    for words, says in (
            (["drop", "-", "10.9.9.9"], "no such peer"),
            (["drop", "home"], "there is no tunnel"),
            (["reconnect", "home"], "there is no tunnel"),
            (["loglevel", "loud"], "the level is one of")):
        assert says in ctl(adit, path, *words, status=1).stderr
    for words in [], ["nonsense"], ["status"], ["drop", "a", "b", "c"]:
        ctl(adit, path, *words, status=2)
    relay.close()


# --- Ten thousand -----------------------------------------------------------

def test_ten_thousand_flows_come_in_pages_and_stop_nothing(
        adit, start, path, echo, figures):
    flows, port = 10000, free_port()
    if int(subprocess.check_output(["sh", "-c", "ulimit -Hn"],
                                   text=True).replace(
                                       "unlimited", "1000000")) < 15000:
        pytest.skip("too few descriptors")
    p = start("tunnel", "--control", path, "--max-flows", "20000",
              "--idle", "600", "-v", "warn", f"udp-listen::{port}",
              f"udp:127.0.0.1:{echo}", )
    until("it answers", lambda: answers(path))
    for i in range(flows):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((f"127.1.{i // 250}.{i % 250 + 1}", 0))
            s.sendto(b"x", ("127.0.0.1", port))
        if i % 100 == 0:
            until("they are there", lambda: ask(path, "status -")[
                "tunnels"][0]["flows_total"] >= i)
    longest, ends = 0, threading.Event()

    def measure():
        nonlocal longest
        with Udp(port) as u:
            while not ends.is_set():
                began = time.monotonic()
                u.ask_until_answered()
                longest = max(longest, time.monotonic() - began)
    thread = threading.Thread(target=measure)
    thread.start()
    cpu, began = p.cpu_s(), time.monotonic()
    document = status(adit, path)
    took, cpu = time.monotonic() - began, p.cpu_s() - cpu
    ends.set()
    thread.join()
    tunnel, = document["tunnels"]
    assert tunnel["peers_total"] >= flows
    addresses = [peer["address"] for peer in tunnel["peers"]]
    assert len(addresses) == len(set(addresses)) >= flows
    figures(f"{flows} peers in {took:.2f} s, {cpu:.2f} s of the daemon's CPU;"
            f" longest round trip meanwhile {1000 * longest:.0f} ms")
    assert longest < PATIENCE
    first = ask(path, "status")
    assert len(first["tunnels"][0]["peers"]) == 1000
    assert first["tunnels"][0]["peers_next"] is not None
    table = run(adit, "status", "--control", path).stdout
    assert table.count("\n  peer: ") == 20
    assert re.search(r"and 9\d{3} more peers|and 1\d{4} more peers", table)

    # One that does not read is cut, and the answer costs no memory.
    rss = p.rss_kib()
    with connect(path) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(40):
            slow.send(b"status\n")
        until("it is cut", lambda: is_cut(slow))
    assert p.rss_kib() - rss < 2000


def is_cut(s):
    """Has the other side closed it?  Nothing is read."""
    try:
        s.send(b"x")
        return False
    except (BrokenPipeError, ConnectionResetError):
        return True
    except BlockingIOError:
        return False


# --- Strangers --------------------------------------------------------------

def test_requests_that_are_none_are_answered(one, path):
    for request, says in (
            ("", "no such request"), ("nonsense", "no such request"),
            ("status a b c", "status [TUNNEL]"),
            ("status home", "there is no tunnel"),
            ("peers - x", "cursor"), ("drop %0", "percent sign"),
            ("x" * 5000, "too long")):
        assert says in ask(path, request)["error"], request
    with connect(path) as s:
        s.sendall(b"peers - 0\nstat")
        assert json.loads(line_of(s))["peers"] == []
        s.sendall(b"us\n")
        assert json.loads(line_of(s))["schema"] == 1
        s.shutdown(socket.SHUT_WR)
        assert s.recv(1) == b""
    # What follows the end of the sending side is answered.
    with connect(path) as s:
        s.sendall(b"status\n")
        s.shutdown(socket.SHUT_WR)
        assert json.loads(line_of(s))["schema"] == 1


def test_silent_clients_are_closed_and_their_number_is_limited(
        adit, one, path):
    silent = [connect(path) for _ in range(8)]
    until("all places are taken", lambda: "too many clients" in line_or_error(
        path))
    silent[0].sendall(b"stat")
    for s in silent:
        assert s.recv(1) == b"", "closed after some seconds"
        s.close()
    until("there is a place", lambda: ask(path, "status").get("tunnels"))


def line_or_error(path):
    with connect(path) as s:
        try:
            s.sendall(b"status\n")
        except BrokenPipeError:
            pass
        try:
            return line_of(s)
        except ConnectionResetError:
            return ""


def test_second_daemon_says_so_and_the_first_goes_on(adit, start, one, path,
                                                     echo):
    p, _ = one
    port = free_port()
    args = f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}"
    done = run(adit, "tunnel", "--control", path, *args, status=1)
    assert f"PID {p.pid}" in done.stderr and path in done.stderr
    assert status(adit, path)["process"]["pid"] == p.pid
    # One that was killed leaves its socket, which the next one replaces.
    p.kill()
    assert os.path.exists(path)
    assert "no daemon is running" in run(
        adit, "status", "--control", path, status=1).stderr
    second = start("tunnel", "--control", path, *args)
    second.wait(READY)
    assert status(adit, path)["process"]["pid"] == second.pid
    assert second.stop() == 0
    assert not os.path.exists(path)


def test_what_is_no_socket_is_left_alone(adit, echo, path):
    with open(path, "w") as f:
        f.write("mine")
    done = run(adit, "tunnel", "--control", path, "udp-listen:127.0.0.1:0",
               f"udp:127.0.0.1:{echo}", status=2)
    assert "is no socket" in done.stderr
    assert open(path).read() == "mine"
    done = run(adit, "tunnel", "--control", path + "/x/y",
               "udp-listen:127.0.0.1:0", f"udp:127.0.0.1:{echo}", status=1)
    assert "control" in done.stderr


def test_other_users_may_not_ask_and_readers_may_not_command(
        adit, one, path):
    harness.need_root()
    other = shutil.copy(adit, os.path.dirname(path) + "/adit")
    done = run(other, "status", "--control", path, status=1, user="nobody")
    assert "permission denied" in done.stderr and "sudo" in done.stderr
    os.chmod(path, 0o666)
    assert run(other, "status", "--control", path, user="nobody").stdout
    for words in ["drop", "-"], ["reload"], ["loglevel", "debug"]:
        done = run(other, "ctl", "--control", path, *words, status=1,
                   user="nobody")
        assert "only root and the user" in done.stderr


def test_default_socket_is_for_root_and_the_group(machine, start, echo):
    """And stays usable after rights were dropped."""
    m = machine("one")
    with open(m.etc / "group", "a") as f:
        f.write("adit:x:4711:\n")
    p = start(*m.prefix, "adit", "tunnel", "--user", "nobody",
              "udp-listen:127.0.0.1:4444", "udp:127.0.0.1:4445")
    p.wait(READY)
    says = m.run("stat", "-c", "%a %u %g", "/run/adit",
                 "/run/adit/tunnel").stdout
    assert says == "750 0 4711\n660 0 4711\n"
    document = valid(m.run("adit", "status", "--json").stdout)
    assert document["process"]["running"] == 1
    reader = "setpriv", "--reuid=12345", "--regid=4711", "--clear-groups"
    assert valid(m.run(*reader, "adit", "status", "--json").stdout)
    done = subprocess.run([*m.prefix, *reader, "adit", "ctl", "drop", "-"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "only root" in done.stderr
    user = pwd.getpwnam("nobody").pw_uid
    as_user = "setpriv", f"--reuid={user}", "--regid=4711", "--clear-groups"
    assert m.run(*as_user, "adit", "ctl", "drop", "-").stdout == \
        "drop: 0 flows\n"
    done = subprocess.run([*m.prefix, "setpriv", "--reuid=12345",
                           "--regid=12345", "--clear-groups", "adit",
                           "status"], capture_output=True, text=True)
    assert done.returncode == 1 and "permission denied" in done.stderr


def test_root_in_a_sandbox_keeps_its_socket(machine, start):
    """It may not give files to a group."""
    m = machine("one")
    with open(m.etc / "group", "a") as f:
        f.write("adit:x:4711:\n")
    p = start(*m.prefix, "setpriv", "--bounding-set=-chown", "adit", "tunnel",
              "udp-listen:127.0.0.1:4444", "udp:127.0.0.1:4445")
    p.wait("/run/adit: cannot give it to the group adit")
    p.wait(READY)
    assert m.run("stat", "-c", "%a %g", "/run/adit/tunnel").stdout == "660 0\n"
    assert valid(m.run("adit", "status", "--json").stdout)


def test_a_user_has_a_folder_of_its_own(adit, start, echo, path):
    harness.need_root()
    folder = os.path.dirname(path)
    shutil.copy(adit, folder + "/adit")
    user = pwd.getpwnam("nobody")
    os.mkdir(folder + "/run")
    os.chown(folder + "/run", user.pw_uid, user.pw_gid)
    env = {"XDG_RUNTIME_DIR": folder + "/run"}
    args = f"udp-listen:127.0.0.1:{free_port()}", f"udp:127.0.0.1:{echo}"
    p = start(folder + "/adit", "tunnel", *args, env=env, user="nobody")
    p.wait(READY)
    assert os.stat(folder + "/run/adit").st_mode & 0o777 == 0o700
    document = valid(run(folder + "/adit", "status", "--json", env=env,
                         user="nobody").stdout)
    assert document["process"]["pid"] == p.pid
    # A second one runs without a socket.
    more = f"udp-listen:127.0.0.1:{free_port()}", f"udp:127.0.0.1:{echo}"
    second = start(folder + "/adit", "tunnel", *more, env=env, user="nobody")
    second.wait(READY)
    # Where others may write it makes none.
    assert p.stop() == 0
    assert second.stop() == 0
    os.chmod(folder + "/run/adit", 0o777)
    p = start(folder + "/adit", "tunnel", *args, env=env, user="nobody")
    p.wait("nobody else may write into it")
    p.wait(READY)
    # And without a place for it there is none.
    p = start(folder + "/adit", "tunnel", *more, env={}, user="nobody")
    p.wait(READY)


def test_closed_descriptors_do_no_harm(adit, path, echo, start):
    port = free_port()
    p = start("/bin/sh", "-c", 'exec "$@" <&- >&-', "sh", adit, "tunnel",
              "--control", path, f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    assert status(adit, path)["process"]["pid"] == p.pid
    for closed in "<&-", ">&-", "2>&-", "<&- >&- 2>&-":
        done = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", adit,
                               "status", "--control", path],
                              capture_output=True, timeout=PATIENCE)
        assert done.returncode in (0, 1)
    with Udp(port) as u:
        u.ask_until_answered()
