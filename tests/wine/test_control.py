# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The control socket on Windows, a named pipe: adit status and adit ctl, and
clients that behave badly."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

import harness
from harness import PATIENCE, READY, free_port, until

PLACES = 8              # clients that are served at the same time


@pytest.fixture(scope="session")
def pipe_exe(windows_session, tmp_path_factory):
    """The clients of pipe.c."""
    cc = shutil.which("x86_64-w64-mingw32-gcc")
    if cc is None:
        pytest.skip("no compiler for Windows")
    exe = tmp_path_factory.mktemp("pipe") / "pipe.exe"
    harness.run(cc, "-Wall", "-Wextra", "-Werror", "-o", exe,
                pathlib.Path(__file__).parent / "pipe.c", "-ladvapi32",
                timeout=5 * PATIENCE)
    return str(exe)


@pytest.fixture
def clients(windows, pipe_exe):
    """Starts pipe.exe."""
    def start(pipe, *words):
        return windows.launch(pipe_exe, pipe, *words)
    return start


@pytest.fixture
def pipe():
    """A name that no other test has."""
    return f"test-{os.getpid()}-{free_port()}"


@pytest.fixture
def one(windows, pipe, echo):
    """A tunnel to an echo; returns the process and its port."""
    port = free_port()
    p = windows.start("tunnel", "--control", pipe,
                      f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{echo}")
    p.wait(READY)
    return p, port


def status(windows, pipe):
    return json.loads(windows.run("status", "--control", pipe,
                                  "--json").stdout)


def whole(pipe):
    return "\\\\.\\pipe\\adit\\" + pipe


def unix_process(pipe):
    """The process of Linux that is adit.exe with that pipe."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if pipe.encode() in words and b"tunnel" in words:
            return folder
    return None


def test_status_and_ctl(windows, one, pipe, udp):
    p, port = one
    assert udp(port).ask(b"through it") == b"through it"
    document = status(windows, pipe)
    assert document["process"]["running"] == 1
    assert document["tunnels"][0]["flows"] == 1
    # Under its whole name, too.
    assert "running for" in windows.run("status", "--control",
                                        whole(pipe)).stdout
    ctl = ["ctl", "--control", pipe]
    assert windows.run(*ctl, "drop", "-").stdout.split() == \
        ["drop:", "1", "flow"]
    assert status(windows, pipe)["tunnels"][0]["flows"] == 0
    windows.run(*ctl, "loglevel", "debug")
    assert status(windows, pipe)["process"]["log_level"] == "debug"
    windows.run(*ctl, "reconnect")
    p.wait(r"control: reconnect \(user S-1-5-")
    assert "no tunnel" in windows.run(*ctl, "drop", "x", status=1).stderr


def test_a_reload_follows_the_file(windows, pipe, echo, udp, tmp_path):
    ports = [free_port() for _ in range(3)]
    conf = tmp_path / "adit.conf"

    def write(first, second):
        conf.write_text(
            f"[daemon]\ncontrol = {pipe}\n"
            f"[tunnel one]\nleft = udp-listen:127.0.0.1:{first}\n"
            f"right = udp:127.0.0.1:{echo}\n"
            f"[tunnel two]\nleft = udp-listen:127.0.0.1:{second}\n"
            f"right = udp:127.0.0.1:{echo}\n")

    write(ports[0], ports[1])
    p = windows.start("run", "-c", windows.path(conf))
    p.wait(READY, count=2)
    stays = udp(ports[1])
    assert stays.ask(b"before") == b"before"
    write(ports[2], ports[1])
    done = windows.run("ctl", "--control", pipe, "reload")
    assert "1 as before" in done.stdout and "1 started again" in done.stdout
    assert udp(ports[2]).ask(b"anew") == b"anew"
    assert stays.ask(b"after") == b"after"
    write("nix", ports[1])
    done = windows.run("ctl", "--control", pipe, "reload", status=1)
    assert "the port is not a number" in done.stderr
    assert status(windows, pipe)["process"]["running"] == 2


def test_a_name_has_one_daemon(windows, one, pipe):
    done = windows.run("tunnel", "--control", whole(pipe),
                       f"udp-listen:127.0.0.1:{free_port()}",
                       "udp:127.0.0.1:9", status=1)
    assert "belongs to a process that runs already" in done.stderr
    assert status(windows, pipe)["process"]["running"] == 1


def test_what_is_no_pipe_is_refused(windows, pipe):
    done = windows.run("tunnel", "--control", "C:\\x\\y",
                       f"udp-listen:127.0.0.1:{free_port()}",
                       "udp:127.0.0.1:9", status=2)
    assert "must be a name" in done.stderr
    done = windows.run("status", "--control", pipe, status=1)
    assert "no daemon is running there" in done.stderr


def test_silent_clients_are_ended(windows, one, pipe, clients):
    c = clients(whole(pipe), "silent", PLACES)
    c.wait(f"open {PLACES}")
    # It waits for a place.
    assert status(windows, pipe)["process"]["running"] == 1
    c.wait(f"ended {PLACES}")


def test_a_flood_is_ended_and_stops_nothing(windows, one, pipe, clients, udp):
    c = clients(whole(pipe), "flood")
    u = udp(one[1])
    n = 0
    while "ended after" not in c.text():
        # Never the same: the echo takes that for a different echo.
        n += 1
        assert u.ask(b"meanwhile %d" % n) == b"meanwhile %d" % n
    assert status(windows, pipe)["process"]["running"] == 1


def test_a_thousand_clients_leave_nothing(windows, one, pipe, clients):
    def has():
        folder = unix_process(pipe)
        return (len(os.listdir(folder / "fd")),
                len(os.listdir(folder / "task")))

    clients(whole(pipe), "many", 20).wait("answered 20",
                                          timeout=3 * PATIENCE)
    status(windows, pipe)
    before = has()
    clients(whole(pipe), "many", 1000).wait("answered 1000",
                                            timeout=15 * PATIENCE)
    assert status(windows, pipe)["process"]["running"] == 1
    until(f"no more than the {before} descriptors and threads that it had",
          lambda: has()[0] <= before[0] + 4 and has()[1] <= before[1])


def test_a_pipe_of_others_is_not_asked(windows, pipe, clients):
    c = clients(whole(pipe), "owner", "S-1-5-21-1-2-3-1001")
    c.wait("waits")
    done = windows.run("ctl", "--control", pipe, "reload", status=1)
    assert "it is not asked" in done.stderr
    c.wait("heard 0")


@pytest.mark.parametrize("account, asked", [
    ("NT AUTHORITY\\NETWORK SERVICE", True),
    ("NT AUTHORITY\\LocalService", False),
])
def test_a_service_may_have_any_account(windows, pipe, clients, account,
                                        asked):
    """Its pipe belongs to an account that nobody trusts by itself; the service
    manager knows that it is that of the service."""
    windows.services.append(pipe)
    windows.tool("sc", "create", pipe, "binPath=", "C:\\adit.exe service run "
                 f"{pipe} -- x", "obj=", account)
    server = clients(whole(pipe), "owner", "S-1-5-20")
    server.wait("waits")
    client = windows.start("ctl", "--control", pipe, "reload")
    if asked:
        server.wait(r"first \d")
    else:
        client.wait("it is not asked")
        server.wait("heard 0")
