# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What makes the program a daemon: signals, logs, systemd, other users."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

import harness
from harness import READY, free_port, need, need_root, refused, run, until

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
LINE = re.compile(rf"^{STAMP} (DEBUG|INFO|WARNING|ERROR|CRITICAL) {{1,}}"
                  r"[a-z-]+: \S.*$")


def plain_server(port, target=1):
    return ["uotp-server", "--no-tls", "-a", "127.0.0.1", "-p", port,
            "127.0.0.1", target]


def content(path):
    """Of a file that may not be there yet."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        return True
    except ConnectionRefusedError:
        return False


def gone(pid):
    """Whether that process, which is no child of ours, has ended."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def background(adit):
    """Starts daemons by their pid files, and ends them after the test."""
    pids = []

    def background(pidfile, *args, cwd=None):
        run(adit, *args, "-d", "--pidfile", pidfile, cwd=cwd)
        path = os.path.join(cwd or "", pidfile)
        pids.append(int(open(path).read()))
        return pids[-1]

    yield background
    for pid in pids:
        if not gone(pid):
            os.kill(pid, signal.SIGTERM)
    for pid in pids:
        until("the daemon has ended", lambda: gone(pid))


# --- The log ----------------------------------------------------------------

def test_every_line_of_the_log_has_the_form_of_the_original(
        start, certs, names, echo, udp):
    server, port = harness.start_server(start, certs, names, "old-tls", echo,
                                        "-v", "debug")
    client, port = harness.start_client(start, certs, names, "old-tls", port,
                                        "-v", "debug")
    udp(port).ask(b"hello")
    assert client.stop() == 0
    assert server.stop() == 0
    for p, name in (server, "uotp-server"), (client, "uotp-client"):
        assert p.lines
        for line in p.lines:
            assert LINE.match(line), line
            assert f" {name}: " in line
    assert re.match(rf"{STAMP} INFO     uotp-client: ", client.lines[0])


def test_flows_are_logged_at_info(start, certs, names, echo, udp):
    server, port = harness.start_server(start, certs, names, "tls", echo)
    client, port = harness.start_client(start, certs, names, "tls", port)
    s = udp(port)
    s.ask(b"hello")
    source = s.getsockname()[1]
    client.wait(rf"flow 1: 127\.0\.0\.1:{source} .*began")
    client.stop()
    assert re.search(rf"flow 1: 127\.0\.0\.1:{source} ended: .*"
                     r"up 1 datagrams, down 1, lost 0", client.text())


def test_logfile_is_appended_to(start, tmp_path):
    log = tmp_path / "log"
    log.write_text("before\n")
    for turn in 1, 2:
        p = start(*plain_server(free_port()), "-l", log)
        until("it is ready", lambda: content(log).count(
            ": ready\n") == turn)
        assert p.stop() == 0
        assert p.text() == "", "nothing goes to stderr besides"
    lines = log.read_text().splitlines()
    assert lines[0] == "before"
    assert sum("listening on" in line for line in lines) == 2


def test_sighup_opens_the_logfile_anew(start, tmp_path, udp):
    log, old = tmp_path / "log", tmp_path / "log.1"
    p = start(*plain_server(free_port()), "-l", log)
    until("it is ready", lambda: re.search(READY, content(log), re.M))
    log.rename(old)
    p.send_signal(signal.SIGHUP)
    until("a new file", lambda: log.exists() and log.read_text())
    size = old.stat().st_size
    assert p.stop() == 0
    assert "shutting down" in log.read_text()
    assert old.stat().st_size == size


def test_sighup_keeps_the_old_logfile_when_there_can_be_no_new_one(
        start, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    log = folder / "log"
    p = start(*plain_server(free_port()), "-l", log)
    until("it is ready", lambda: re.search(READY, content(log), re.M))
    folder.rename(tmp_path / "moved")
    p.send_signal(signal.SIGHUP)
    moved = tmp_path / "moved" / "log"
    until("it says so", lambda: f"{log}: No such file or directory; the log "
          "stays in the file that was open" in moved.read_text())
    assert p.stop() == 0


def test_sigusr1_reports(start, echo, udp):
    port = free_port()
    p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    udp(port).ask(b"hello")
    since = p.mark()
    p.send_signal(signal.SIGUSR1)
    p.wait(r"1 flows now, 1 in all; up 1 datagrams, 5 bytes; "
           r"down 1 datagrams, 5 bytes; lost here: none", since=since)
    assert udp(port).ask(b"still there") == b"still there"


def test_losses_are_told_once_in_a_while_and_counted(start, udp):
    port, nobody = free_port(), free_port()
    p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
              f"udp:127.0.0.1:{nobody}")
    p.wait(READY)
    s = udp(port)
    for _ in range(100):
        s.send(b"a")
    p.wait("refused")
    p.send_signal(signal.SIGUSR1)
    p.wait(r"lost here: \d+ nobody listens there")
    assert len(p.lines) < 30, "the table, and no line for each"


# --- Signals ----------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT],
                         ids=lambda n: n.name)
@pytest.mark.parametrize("kind", ["udp", "old-tcp", "old-tls"])
def test_the_first_signal_ends_it_gracefully(start, certs, names, echo, udp,
                                             kind, number):
    if kind == "udp":
        port = free_port()
        p = start("tunnel", f"udp-listen:127.0.0.1:{port}",
                  f"udp:127.0.0.1:{echo}")
        p.wait(READY)
        processes = [p]
    else:
        server, port = harness.start_server(start, certs, names, kind, echo)
        client, port = harness.start_client(start, certs, names, kind, port)
        processes = [client, server]
    udp(port).ask(b"hello")
    for p in processes:
        began = time.monotonic()
        assert p.stop(number) == 0
        assert time.monotonic() - began < 2
        assert "shutting down" in p.text()


def test_the_second_signal_ends_it_at_once_with_1(start, echo):
    """Caught in the middle: it is stopped while both signals come."""
    p = start(*plain_server(free_port(), echo))
    p.wait(READY)
    p.send_signal(signal.SIGSTOP)
    until("it is stopped", lambda: open(f"/proc/{p.pid}/stat").read()
          .rsplit(")", 1)[1].split()[0] == "T")
    p.send_signal(signal.SIGTERM)
    p.send_signal(signal.SIGINT)
    p.send_signal(signal.SIGCONT)
    assert p.exit_status() == 1


def test_no_process_is_left_behind(start, certs, names, echo, udp):
    p = start("uotp-client", "--no-tls", "-p", free_port(), "localhost", 1)
    p.wait(READY)
    children = until("its resolver", lambda: open(
        f"/proc/{p.pid}/task/{p.pid}/children").read().split())
    p.kill()
    for child in children:
        until("the resolver has ended", lambda: gone(child))


def test_closed_output_does_not_end_it(adit, echo, udp):
    """As when a terminal or a log collector goes away."""
    port = free_port()
    p = subprocess.Popen(
        [adit, "tunnel", "-v", "debug", f"udp-listen:127.0.0.1:{port}",
         f"udp:127.0.0.1:{echo}"], stderr=subprocess.PIPE)
    try:
        while b"ready" not in p.stderr.readline():
            pass
        p.stderr.close()
        for _ in range(3):
            assert udp(port).ask(b"hello") == b"hello"
        assert p.poll() is None
    finally:
        p.terminate()
        assert p.wait(10) == 0


# --- systemd ----------------------------------------------------------------

@pytest.fixture(params=["path", "abstract"])
def notify(request, tmp_path):
    """systemd's side of NOTIFY_SOCKET, and its name."""
    name = str(tmp_path / "notify")
    if request.param == "abstract":
        name = f"@adit-test-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(name.replace("@", "\0"))
        s.settimeout(harness.PATIENCE)
        yield s, name


def test_systemd_is_told_when_ready_and_when_stopping(start, notify):
    s, name = notify
    port = free_port()
    p = start(*plain_server(port), env={"NOTIFY_SOCKET": name})
    assert s.recv(1000).split(b"\n")[0] == b"READY=1"
    assert listening(port)
    p.send_signal(signal.SIGTERM)
    assert s.recv(1000) == b"STOPPING=1"
    assert p.exit_status() == 0


def test_systemd_is_told_by_echo_and_client(start, notify):
    s, name = notify
    for args in (["echo", f"127.0.0.1:{free_port()}"],
                 ["uotp-client", "--no-tls", "-p", free_port(), "a.invalid",
                  1]):
        start(*args, env={"NOTIFY_SOCKET": name})
        assert s.recv(1000).split(b"\n")[0] == b"READY=1"


def test_systemd_that_is_away_does_no_harm(start, tmp_path):
    for name in str(tmp_path / "nobody"), "@nobody", "relative", "x" * 300, "":
        p = start(*plain_server(free_port()), env={"NOTIFY_SOCKET": name})
        p.wait(READY)


def test_systemd_is_not_told_when_it_cannot_start(notify):
    s, name = notify
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused(harness.adit_path(), *plain_server(taken.getsockname()[1]),
                status=1, says="in use", env={"NOTIFY_SOCKET": name})
    s.settimeout(0.1)
    with pytest.raises(TimeoutError):
        s.recv(1000)


# --- In the background ------------------------------------------------------

def test_in_the_background_it_listens_when_the_command_returns(
        background, tmp_path):
    port, pidfile = free_port(), tmp_path / "pid"
    pid = background(pidfile, *plain_server(port), "-l", tmp_path / "log")
    assert listening(port)
    assert pidfile.stat().st_mode & 0o777 == 0o644
    # A session of its own, without a terminal, not in our folder.
    assert os.getsid(pid) == pid
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    for fd in 0, 1, 2:
        assert os.readlink(f"/proc/{pid}/fd/{fd}") == "/dev/null"
    os.kill(pid, signal.SIGTERM)
    until("it has ended", lambda: gone(pid))
    assert not pidfile.exists()


def test_pidfile_may_be_relative(background, tmp_path):
    pid = background("run.pid", *plain_server(free_port()), "-l", "log",
                     cwd=tmp_path)
    os.kill(pid, signal.SIGTERM)
    until("it has ended", lambda: gone(pid))
    assert sorted(os.listdir(tmp_path)) == ["log"]


def test_second_instance_is_refused(adit, background, tmp_path):
    pid = background(tmp_path / "pid", *plain_server(free_port()), "-l",
                     tmp_path / "log")
    done = run(adit, *plain_server(free_port()), "--pidfile",
               tmp_path / "pid", status=1)
    assert re.search(rf"already running as PID {pid} \(.*pid\)",
                     done.stderr.splitlines()[-1])
    done = run(adit, *plain_server(free_port()), "--pidfile",
               tmp_path / "pid", "-d", "-l", tmp_path / "log", status=1)
    assert done.stderr.count("already running") == 1
    assert int((tmp_path / "pid").read_text()) == pid


@pytest.mark.parametrize("there", [False, True])
def test_pidfile_is_not_made_through_a_link(adit, tmp_path, there):
    target, pidfile = tmp_path / "target", tmp_path / "pid"
    if there:
        target.write_text("mine\n")
    pidfile.symlink_to(target)
    done = run(adit, *plain_server(free_port()), "--pidfile", pidfile,
               status=2)
    assert "symbolic link" in done.stderr
    assert pidfile.is_symlink()
    assert target.read_text() == "mine\n" if there else not target.exists()


def test_stale_pidfile_is_no_obstacle(background, tmp_path):
    (tmp_path / "pid").write_text("1\n")
    assert background(tmp_path / "pid", *plain_server(free_port()), "-l",
                      tmp_path / "log") != 1


def test_pidfile_of_a_killed_daemon_is_no_obstacle(background, tmp_path):
    first = background(tmp_path / "pid", *plain_server(free_port()), "-l",
                       tmp_path / "log")
    os.kill(first, signal.SIGKILL)
    until("it has ended", lambda: gone(first))
    second = background(tmp_path / "pid", *plain_server(free_port()), "-l",
                        tmp_path / "log")
    assert second != first


def test_in_the_background_it_still_says_why_it_cannot_start(adit, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(adit, *plain_server(port), "-d", status=1)
    assert re.search(rf"127\.0\.0\.1:{port}.*in use", done.stderr)


def test_in_the_foreground_a_pidfile_is_written_too(start, tmp_path):
    p = start(*plain_server(free_port()), "--pidfile", tmp_path / "pid")
    p.wait(READY)
    assert int((tmp_path / "pid").read_text()) == p.pid
    assert p.stop() == 0
    assert not (tmp_path / "pid").exists()


# --- Less than root ---------------------------------------------------------

def identity(pid):
    with open(f"/proc/{pid}/status") as f:
        text = f.read()
    return {m[1]: m[2].split() for m in
            re.finditer(r"^(Uid|Gid|Groups|CapEff|CapPrm):\s+(.*)$", text,
                        re.M)}


def test_user_and_group_are_changed_for_good(start, certs, echo, udp):
    need_root()
    import grp
    import pwd
    nobody = pwd.getpwnam("nobody")
    port = free_port()
    # Files that only root can read are read before.
    server = start("uotp-server", "-a", "127.0.0.1", "-p", port, "-c",
                   certs / "server.pem", "-k", certs / "server.key",
                   "--user", "nobody", "127.0.0.1", echo)
    server.wait(READY)
    client_port = free_port()
    client = start("uotp-client", "-p", client_port, "-C", certs / "ca.pem",
                   "--user", "nobody", "--group", "daemon", "127.0.0.1", port)
    client.wait(READY)
    assert udp(client_port).ask(b"hello") == b"hello"
    for p, gid in (server, nobody.pw_gid), \
            (client, grp.getgrnam("daemon").gr_gid):
        who = identity(p.pid)
        assert who["Uid"] == [str(nobody.pw_uid)] * 4
        assert who["Gid"] == [str(gid)] * 4
        assert "0" not in who.get("Groups", [])
        assert int(who["CapEff"][0], 16) == int(who["CapPrm"][0], 16) == 0


def test_mark_outlives_the_change_of_user(start, echo, udp):
    need_root()
    server_port, port = free_port(), free_port()
    start(*plain_server(server_port, echo)).wait(READY)
    p = start("uotp-client", "--no-tls", "-p", port, "--user", "nobody",
              "-m", "0x77", "127.0.0.1", server_port)
    if not can_mark():
        pytest.skip("CAP_NET_ADMIN is missing")
    p.wait(READY)
    assert udp(port).ask(b"hello") == b"hello"
    assert int(identity(p.pid)["CapEff"][0], 16) == 1 << 12


def can_mark():
    with socket.socket() as s:
        try:
            s.setsockopt(socket.SOL_SOCKET, 36, 1)      # SO_MARK
            return True
        except OSError:
            return False


def test_mark_is_set_on_connections(start, echo, udp):
    need_root()
    need("ss")
    if not can_mark():
        pytest.skip("CAP_NET_ADMIN is missing")
    server_port, port = free_port(), free_port()
    start(*plain_server(server_port, echo)).wait(READY)
    start("uotp-client", "--no-tls", "-p", port, "-n", "1", "--mark",
          "0xca6c", "127.0.0.1", server_port).wait(READY)
    assert udp(port).ask(b"hello") == b"hello"
    shown = run("ss", "-tneO", "dst", f"127.0.0.1:{server_port}").stdout
    assert "fwmark:0xca6c" in shown


def test_mark_without_the_capability_is_refused_in_one_line(adit):
    need("setpriv")
    # Linux since 5.17 is content with CAP_NET_RAW as well.
    drop = ["setpriv", "--bounding-set=-net_admin,-net_raw",
            "--inh-caps=-net_admin,-net_raw"]
    if os.geteuid() != 0:
        drop = []
    refused(*drop, adit, "uotp-client", "--no-tls", "-p", free_port(), "-m",
            "1", "127.0.0.1", 1, status=1,
            says=r"mark 1: .*not permitted.*CAP_NET_ADMIN")


def test_chroot_sees_no_files(start, certs, echo, udp, tmp_path):
    need_root()
    jail = tmp_path / "jail"
    jail.mkdir()
    server_port, port = free_port(), free_port()
    server = start("uotp-server", "-a", "127.0.0.1", "-p", server_port, "-c",
                   certs / "server.pem", "-k", certs / "server.key",
                   "--chroot", jail, "--user", "nobody", "127.0.0.1", echo)
    server.wait(READY)
    # Names are still looked up: the resolver stays outside.
    client = start("uotp-client", "-p", port, "-C", certs / "ca.pem",
                   "--chroot", jail, "localhost", server_port)
    client.wait(READY)
    assert udp(port).ask(b"hello") == b"hello"
    for p in server, client:
        assert os.readlink(f"/proc/{p.pid}/root") == str(jail)


def test_chroot_and_user_need_root(adit, tmp_path):
    need("setpriv")
    need_root()
    for option in ["--user", "nobody"], ["--chroot", tmp_path]:
        done = run("setpriv", "--bounding-set=-all", "--inh-caps=-all", adit,
                   *plain_server(free_port()), *option, status=1)
        assert "not permitted" in done.stderr.splitlines()[-1]


# --- Ports ------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["tcp-listen", "udp-listen"])
def test_port_in_use_is_refused_in_one_line(adit, kind):
    protocol = socket.SOCK_STREAM if kind == "tcp-listen" else \
        socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, protocol) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == "tcp-listen":
            taken.listen()
        port = taken.getsockname()[1]
        line = refused(adit, "tunnel", f"{kind}:127.0.0.1:{port}",
                       "udp:127.0.0.1:1", status=1,
                       says=rf"127\.0\.0\.1:{port}.*in use")
    assert "stop it, or choose another" in line


def test_address_of_another_machine_is_refused_in_one_line(adit):
    refused(adit, "tunnel", f"udp-listen:192.0.2.1:{free_port()}",
            "udp:127.0.0.1:1", status=1, says=r"192\.0\.2\.1.*no such addr")


def test_low_port_without_root_is_refused_in_one_line(adit):
    need("setpriv")
    need_root()
    refused("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
            "--bounding-set=-all", adit, "tunnel", "udp-listen:127.0.0.1:1",
            "udp:127.0.0.1:1", status=1, says="below 1024") \
        if low_ports_are_closed() else pytest.skip(
            "this machine gives low ports to everybody")


def low_ports_are_closed():
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as f:
        return int(f.read()) > 1


def test_server_can_be_started_again_at_once(start, certs, names, echo, udp):
    server, port = harness.start_server(start, certs, names, "tcp", echo)
    _, client = harness.start_client(start, certs, names, "tcp", port)
    udp(client).ask(b"hello")
    assert server.stop() == 0
    harness.start_server(start, certs, names, "tcp", echo, port=port)


def test_an_idle_daemon_does_not_wake_up(start, certs, names, echo, udp):
    server, port = harness.start_server(start, certs, names, "tls", echo)
    client, port = harness.start_client(start, certs, names, "tls", port)
    s = udp(port)
    s.ask(b"hello")

    def switches(p):
        with open(f"/proc/{p.pid}/status") as f:
            return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                 f.read(), re.M)[1])

    def calm():
        """The rest of the pool is there."""
        before = switches(server), switches(client)
        s.silent_for(0.5)
        return before == (switches(server), switches(client))

    until("both are calm", calm)
    before = switches(server), switches(client)
    s.silent_for(2)
    assert switches(server) - before[0] <= 1
    assert switches(client) - before[1] <= 1
