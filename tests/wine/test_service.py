# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit.exe as a service of Windows: install, start, traffic, reload, stop,
failures, uninstall."""

import os
import re

import pytest

from harness import READY, free_port, until

KEY = r"HKLM\SYSTEM\CurrentControlSet\Services" + "\\"


@pytest.fixture
def name(request):
    """A name that no other test has, here or in a different process."""
    return f"t{os.getpid()}-{request.node.name[5:30]}"


@pytest.fixture
def server(start, echo):
    """The port of a native server for tcp, with an echo behind it."""
    port = free_port()
    start("tunnel", f"tcp-listen:127.0.0.1:{port}",
          f"udp:127.0.0.1:{echo}").wait(READY)
    return port


def registry(windows, name, value=None):
    """What is stored of a service; None: nothing."""
    more = [] if value is None else ["/v", value]
    done = windows.ask("reg", "query", KEY + name, *more)
    return done.stdout if done.returncode == 0 else None


def process_of(name):
    """The number of the process of a service, as Linux counts; or None."""
    words = f"service\0run\0{name}\0".encode()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if words in f.read():
                    return int(pid)
        except OSError:
            pass
    return None


def test_round_trip(windows, name, server, udp):
    port = free_port()
    said = windows.install(name, "--", "tunnel",
                           f"udp-listen:127.0.0.1:{port}",
                           f"tcp:127.0.0.1:{server}").stdout
    assert f'\\adit.exe" service run {name} -- tunnel udp-listen' in said
    assert windows.state(name) == "STOPPED"
    windows.run("service", "status", "--name", name, status=3)
    windows.run("service", "start", "--name", name)
    assert windows.state(name) == "RUNNING"
    assert "running, process " in windows.run("service", "status", "--name",
                                              name).stdout
    assert udp(port).ask(b"as a service") == b"as a service"
    windows.tool("sc", "stop", name)
    windows.wait_state(name, "STOPPED")
    until("the process has ended", lambda: process_of(name) is None)
    windows.run("service", "uninstall", "--name", name)
    assert windows.state(name) is None
    assert registry(windows, name) is None


def test_reload_changes_a_tunnel_of_the_file(windows, name, server, start,
                                             udp, tmp_path):
    kept, first, second = free_port(), free_port(), free_port()
    conf = tmp_path / "a file.conf"
    log = tmp_path / "the log.txt"
    tunnel = "[tunnel {}]\nleft = udp-listen:127.0.0.1:{}\n" \
        f"right = tcp:127.0.0.1:{server}\n"

    def write(port):
        conf.write_text(f"[daemon]\nlogfile = {windows.path(log)}\n" +
                        tunnel.format("kept", kept) +
                        tunnel.format("changed", port))

    write(first)
    # A relative path, from the folder in which it is installed.
    windows.install(name, "-c", conf.name, cwd=tmp_path)
    windows.run("service", "start", "--name", name)
    flow = udp(kept)
    assert flow.ask(b"kept") == b"kept"
    assert udp(first).ask(b"first") == b"first"
    began = log.read_text().count("flow")
    write(second)
    windows.run("service", "reload", "--name", name)
    udp(second).ask_until_answered()
    # The flow of the tunnel that did not change has gone on.
    assert flow.ask(b"goes on") == b"goes on"
    assert began > 0, log.read_text()
    assert "kept: " in log.read_text()
    windows.run("service", "restart", "--name", name)
    udp(second).ask_until_answered()


def test_a_stop_waits_for_flows(windows, name, server, udp):
    port = free_port()
    windows.install(name, "--", "tunnel", "--drain", "3600", "--idle", "3600",
                    "--control", name, f"udp-listen:127.0.0.1:{port}",
                    f"tcp:127.0.0.1:{server}")
    windows.run("service", "start", "--name", name)
    flow = udp(port)
    assert flow.ask(b"before") == b"before"
    windows.tool("sc", "stop", name)
    assert windows.state(name) == "STOP_PENDING"
    assert flow.ask(b"after") == b"after"
    # The last flow ends, and so does the service, maybe before it answers.
    windows.ask(windows.exe, "ctl", "--control", name, "drop", "-")
    windows.wait_state(name, "STOPPED")
    assert re.search(r"WIN32_EXIT_CODE +: 0 ", windows.query(name))


def test_two_services(windows, name, start, udp):
    ports = free_port(), free_port()
    for i, port in enumerate(ports):
        windows.install(f"{name}{i}", "--start", ("demand", "delayed")[i],
                        "--", "echo", f"127.0.0.1:{port}")
        windows.run("service", "start", "--name", f"{name}{i}")
    for port in ports:
        assert udp(port).ask(b"both") == b"both"
    windows.run("service", "stop", "--name", f"{name}0")
    assert udp(ports[1]).ask(b"one") == b"one"
    said = windows.run("service", "install", "--name", f"{name}1", "--",
                       "echo", "127.0.0.1:1", status=2).stderr
    assert "there is one of that name" in said
    # Demand, delayed.
    assert "0x3" in registry(windows, f"{name}0", "Start")
    assert "0x2" in registry(windows, f"{name}1", "Start")


def test_arguments_are_any_and_a_failure_has_its_own_code(windows, name,
                                                          tmp_path):
    log = tmp_path / "a log"
    odd = 'C:\\no "such" file\\ %x\\'
    windows.install(name, "--", "tunnel", "--logfile", windows.path(log),
                    f"udp-listen:127.0.0.1:{free_port()}",
                    f"tls:127.0.0.1:1,cafile={odd}")
    said = windows.run("service", "start", "--name", name, status=1).stderr
    assert "ended with status 2: its arguments, or a file" in said
    assert odd in log.read_text()
    said = windows.query(name)
    assert re.search(r"WIN32_EXIT_CODE +: 1066 ", said), said
    assert re.search(r"SERVICE_EXIT_CODE +: 2 ", said), said
    assert "ended with status 2" in windows.run(
        "service", "status", "--name", name, status=3).stdout


def test_a_command_line_that_is_wrong_has_its_own_code(windows, name):
    windows.install(name, "--", "tunnel", "--no-such-option")
    said = windows.run("service", "start", "--name", name, status=1).stderr
    assert "ended with status 2" in said


def test_a_port_in_use_has_its_own_code(windows, name, udp):
    port = free_port()
    windows.start("echo", f"127.0.0.1:{port}").wait("listening on")
    windows.install(name, "--", "echo", f"127.0.0.1:{port}")
    said = windows.run("service", "start", "--name", name, status=1).stderr
    assert "ended with status 1: the system has refused" in said


def test_recovery_is_set(windows, name):
    said = windows.install(name, "--", "echo",
                           f"127.0.0.1:{free_port()}").stderr
    assert "restarts after a failure" not in said
    assert "a description" not in said
    assert "UDP datagrams" in registry(windows, name, "Description")
    # A reset period of 600 s, and three restarts after 1, 5 and 60 s.
    found = registry(windows, name, "FailureActions")
    if found is None:
        pytest.skip("this wine takes failure actions but stores none")
    numbers = bytes.fromhex(re.search(r"REG_BINARY\s+(\w+)", found)[1])
    values = [int.from_bytes(numbers[i:i + 4], "little")
              for i in range(0, len(numbers), 4)]
    assert values[0] == 600 and values[3] == 3, values
    assert values[-6:] == [1, 1000, 1, 5000, 1, 60000], values


def test_the_account_is_not_that_of_the_system(windows, name):
    windows.install(name, "--", "echo", f"127.0.0.1:{free_port()}")
    assert "LocalService" in registry(windows, name, "ObjectName")


@pytest.mark.parametrize("word, says", [
    ("tls:host:1,cert=%TEMP%\\a.pem", "percent signs"),
    ("dtls:host:1,psk=00112233", "shown to every user"),
    ("ip-udp:host:1,prefix=word", "shown to every user"),
    ("--status-token=0123456789abcdef", "shown to every user"),
    ("--status-token=text:0123456789abcdef", "shown to every user"),
])
def test_arguments_that_windows_would_change_or_show(windows, name, word,
                                                     says):
    said = windows.run("service", "install", "--name", name, "--", "tunnel",
                       "udp-listen:127.0.0.1:1", word, status=2).stderr
    assert says in said
    assert windows.state(name) is None


def test_a_folder_that_others_can_write_is_refused(windows, name):
    folder = windows.folder
    os.chmod(folder, 0o777)
    try:
        said = windows.run("service", "install", "--name", name, "--",
                           "echo", "127.0.0.1:1", status=2).stderr
    finally:
        os.chmod(folder, 0o755)
    assert "not only administrators, can change it" in said
    assert windows.state(name) is None


def test_a_program_that_others_can_write_is_refused(windows, name):
    os.chmod(windows.exe, 0o757)
    try:
        said = windows.run("service", "install", "--name", name, "--",
                           "echo", "127.0.0.1:1", status=2).stderr
    finally:
        os.chmod(windows.exe, 0o755)
    assert "adit.exe: " in said
    assert "not only administrators, can change it" in said


@pytest.mark.parametrize("log", ["Application", "System"])
def test_an_event_source_of_others_stays(windows, name, log):
    source = rf"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\{log}" + \
        "\\" + name
    windows.tool("reg", "add", source, "/v", "EventMessageFile", "/d",
                 "C:\\other.dll", "/f")
    try:
        said = windows.install(name, "--", "echo", "127.0.0.1:1",
                               status=2).stderr
        assert "a different program has a source of that name" in said
        assert windows.state(name) is None
        # A service from before the name was looked at.
        windows.tool("sc", "create", name, "binPath=",
                     f'"{windows.path(windows.exe)}" service run {name} -- x')
        windows.run("service", "uninstall", "--name", name)
        assert "other.dll" in windows.tool("reg", "query", source).stdout
    finally:
        windows.ask("reg", "delete", source, "/f")


def test_a_service_of_others_stays(windows, name):
    windows.tool("sc", "create", name, "binPath=", "C:\\other.exe")
    windows.services.append(name)
    said = windows.run("service", "uninstall", "--name", name,
                       status=2).stderr
    assert "none of adit's" in said
    assert windows.state(name) == "STOPPED"


@pytest.mark.parametrize("words, status, says", [
    (("start", "--name", "no such service"), 2, "none of that name"),
    (("reload", "--name", "no such service"), 2, "none of that name"),
    # Not "stopped, and then".
    (("restart", "no such service"), 2, "nothing is expected here"),
    (("status", "no such service"), 2, "nothing is expected here"),
    (("install",), 2, "-c FILE or -- COMMAND"),
    (("install", "--", "no-such-command"), 2, "no command that can be"),
    (("run", "x", "--", "echo", "127.0.0.1:1"), 2,
     "only the service manager"),
])
def test_mistakes_are_told(windows, words, status, says):
    assert says in windows.run("service", *words, status=status).stderr
