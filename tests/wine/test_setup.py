# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The installer of contrib/windows, run silently: it installs, replaces what
runs, refuses, and leaves nothing.

ADIT_SETUP is a folder with two of them for x64, old.exe and new.exe, whose
versions are 0.0.1 and 0.0.2; tests/packages/windows.sh makes them.
"""

import os
import re
import shutil

import pytest

from harness import PATIENCE, READY, free_port, until

# Where wine's own programs write at any time, and keys of the system: the count
# of starts, and files that the next start removes, here the copy in Temp that
# an uninstaller of NSIS runs from.
NOISE = ("Temp", "temp")
NOISE_KEYS = tuple("[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\\" +
                   name + "]" for name in ("ServiceCurrent",
                                           "Session Manager"))


def setup_path(name):
    path = os.path.join(os.environ.get("ADIT_SETUP", ""), name + ".exe")
    if not os.path.isfile(path):
        pytest.skip("ADIT_SETUP names no folder with installers "
                    "(tests/packages/windows.sh)")
    return os.path.abspath(path)


class Machine:
    """The machine of wine, and what is installed there."""

    def __init__(self, windows, tmp_path):
        self.windows = windows
        self.tmp_path = tmp_path
        self.data = windows.drive_c + "/ProgramData/adit"
        self.folder = windows.drive_c + "/Program Files/Adit"
        self.calls = windows.drive_c + "/netsh.txt"
        self.log = ""

    def setup(self, which, *options, status=0, folder=None):
        """Runs setup; what it writes to its log is in self.log."""
        log = self.tmp_path / "setup.log"
        words = ["/S", f"/LOG={self.windows.path(log)}", *options]
        if folder is not None:
            # Without quotes, which wine puts around a word with blanks.
            words.extend(f"/D={folder}".split(" "))
        ended = self.windows.window(setup_path(which), *words)
        self.log = log.read_text(encoding="utf-16") if log.exists() else ""
        print(self.log)
        assert ended == status, (ended, self.log)

    def uninstall(self, *options, folder="C:\\Program Files\\Adit"):
        """Removes it; waits until that is done."""
        where = self.windows.drive_c + folder[2:].replace("\\", "/")
        assert self.windows.window(where + "/uninstall.exe", "/S",
                                   *options) == 0
        until("it is removed",
              lambda: not os.path.exists(where + "/uninstall.exe") and
              not self.key(r"HKLM\Software\Adit"), 3 * PATIENCE)

    def key(self, name, value=None):
        """What the registry has there; '' for nothing."""
        more = ["/v", value] if value else []
        done = self.windows.ask("reg", "query", name, *more)
        return done.stdout if done.returncode == 0 else ""

    def version(self):
        said = self.key("HKLM\\Software\\Microsoft\\Windows\\CurrentVersion"
                        "\\Uninstall\\Adit", "DisplayVersion")
        return said.split()[-1] if said else None

    def state(self):
        """All keys and values of the machine, and all files."""
        out = self.tmp_path / "registry"
        self.windows.tool("regedit", "/E", self.windows.path(out),
                          "HKEY_LOCAL_MACHINE")
        key, facts = "", set()
        for line in out.read_text(encoding="utf-16").splitlines():
            if line.startswith("["):
                key = line
            if key not in NOISE_KEYS:
                facts.add((key, line))
        for where, folders, files in os.walk(self.windows.drive_c):
            folders[:] = [f for f in folders if f not in NOISE]
            facts.update((where, name) for name in folders + files)
        return facts

    def configure(self, port, server):
        """A configuration, as a file that is not installed."""
        conf = self.tmp_path / "the configuration.conf"
        conf.write_text(f"[tunnel one]\nleft = udp-listen:127.0.0.1:{port}\n"
                        f"right = tcp:127.0.0.1:{server}\n")
        return f"/CONFIG={self.windows.path(conf)}"


@pytest.fixture
def machine(windows, tmp_path):
    made = Machine(windows, tmp_path)
    setup_path("old")
    shutil.rmtree(made.data, ignore_errors=True)
    windows.services.extend(["adit", "second"])
    yield made
    for folder in made.folder, windows.drive_c + "/Adit ключ ż":
        if os.path.exists(folder + "/uninstall.exe"):
            windows.window(folder + "/uninstall.exe", "/S", "/PURGE",
                           *("_?=" + windows.path(folder)).split(" "))
        shutil.rmtree(folder, ignore_errors=True)
    for key in r"HKLM\Software\Adit", \
            r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\Adit":
        windows.ask("reg", "delete", key, "/f")
    shutil.rmtree(made.data, ignore_errors=True)


@pytest.fixture
def server(start, echo):
    port = free_port()
    start("tunnel", f"tcp-listen:127.0.0.1:{port}",
          f"udp:127.0.0.1:{echo}").wait(READY)
    return port


def is_of(version, path):
    """Is a program the one that the setup of that version has?"""
    with open(path, "rb") as f:
        return f.read().endswith(version.encode())


def test_install_upgrade_remove(machine, windows, server, udp):
    """The service carries traffic with a native peer, goes on after an
    upgrade, and nothing but the configuration stays."""
    # Wine makes keys of its own for the first program with windows.
    machine.setup("old", "/START=soon", status=2)
    before = machine.state()
    port = free_port()
    machine.setup("old", machine.configure(port, server))
    assert windows.state("adit") == "RUNNING"
    assert udp(port).ask(b"first") == b"first"
    assert machine.version() == "0.0.1"
    assert is_of("0.0.1", machine.folder + "/adit.exe")
    settings = machine.key(
        r"HKLM\SYSTEM\CurrentControlSet\Services\adit")
    assert "LocalService" in settings and re.search("Start .* 0x2", settings)
    machine.setup("new")
    assert windows.state("adit") == "RUNNING"
    udp(port).ask_until_answered()
    assert machine.version() == "0.0.2"
    assert is_of("0.0.2", machine.folder + "/adit.exe")
    assert machine.key(
        r"HKLM\SYSTEM\CurrentControlSet\Services\adit") == settings
    assert sorted(os.listdir(machine.folder)) == [
        "COPYING.txt", "README.txt", "adit.exe", "doc", "uninstall.exe"]
    machine.uninstall()
    assert windows.state("adit") is None
    assert os.path.isfile(machine.data + "/adit.conf")
    shutil.rmtree(machine.data)
    after = machine.state()
    assert sorted(after - before) == []
    assert sorted(before - after) == []


def test_purge_removes_the_configuration(machine, server):
    machine.setup("new", machine.configure(free_port(), server))
    assert os.path.isdir(machine.data)
    machine.uninstall("/PURGE")
    assert not os.path.exists(machine.data)


def test_without_a_configuration_nothing_is_started(machine, windows):
    machine.setup("new")
    assert windows.state("adit") == "STOPPED"
    assert "is to be edited first" in machine.log
    assert "0x3" in machine.key(
        r"HKLM\SYSTEM\CurrentControlSet\Services\adit", "Start")
    with open(machine.data + "/adit.conf", encoding="utf-8") as f:
        assert "[tunnel wireguard]" in f.read()
    said = windows.run("check", "-c", windows.path(machine.data +
                                                   "/adit.conf"), status=2)
    assert "there is no tunnel" in said.stdout + said.stderr


def test_a_bad_configuration_is_told(machine, windows, server, udp):
    """It is refused, and the service goes on with the one that is there."""
    bad = machine.tmp_path / "bad.conf"
    bad.write_text("[tunnel one]\nleft = nothing\n")
    option = f"/CONFIG={windows.path(bad)}"
    machine.setup("new", option, status=2)
    assert "adit check refuses it" in machine.log
    assert not os.path.exists(machine.folder)
    assert not os.path.exists(machine.data)
    port = free_port()
    machine.setup("old", machine.configure(port, server))
    flow = udp(port)
    assert flow.ask(b"before") == b"before"
    machine.setup("new", "/SERVICE=adit", option, status=2)
    assert flow.ask(b"after") == b"after"
    assert sorted(os.listdir(machine.data)) == ["adit.conf", "log"]
    assert machine.version() == "0.0.1"


def test_one_that_is_wrong_in_its_folder_replaces_nothing(machine, windows,
                                                          server, udp):
    """What it includes is beside the file, but was not copied."""
    port = free_port()
    machine.setup("old", machine.configure(port, server))
    there = sorted(os.listdir(machine.data))
    conf = machine.tmp_path / "including.conf"
    conf.write_text("include = part.conf\n")
    (machine.tmp_path / "part.conf").write_text(
        f"[tunnel one]\nleft = udp-listen:127.0.0.1:{free_port()}\n"
        f"right = tcp:127.0.0.1:{server}\n")
    machine.setup("new", "/SERVICE=adit", f"/CONFIG={windows.path(conf)}",
                  status=3)
    assert "adit check refuses it in" in machine.log
    assert sorted(os.listdir(machine.data)) == there
    udp(port).ask_until_answered()


def test_the_same_command_updates(machine, windows, server, udp):
    """Also for a service of a different name; and adit.conf itself may be the
    file, which then stays."""
    first, second = free_port(), free_port()
    machine.setup("old", machine.configure(first, server), "/SERVICE=second")
    machine.setup("new", machine.configure(second, server))
    udp(second).ask_until_answered()
    assert machine.version() == "0.0.2"
    assert windows.state("adit") is None
    machine.setup("new", "/CONFIG=C:\\ProgramData\\adit\\adit.conf")
    udp(second).ask_until_answered()
    machine.setup("new", "/CONFIG=C:\\ProgramData\\adit\\adit.conf",
                  "/NOSERVICE", status=2)
    assert "/CONFIG= is for the service" in machine.log
    assert windows.state("second") == "RUNNING"


def test_a_configuration_that_is_there_is_kept(machine, windows, server, udp):
    first, second = free_port(), free_port()
    machine.setup("old", machine.configure(first, server))
    machine.uninstall()
    machine.setup("old")
    assert udp(first).ask(b"again") == b"again"
    machine.setup("new", machine.configure(second, server))
    udp(second).ask_until_answered()
    with open(machine.data + "/adit.conf.old", encoding="utf-8") as f:
        assert str(first) in f.read()


def test_only_services_that_ran_are_started_again(machine, windows, server):
    machine.setup("old", machine.configure(free_port(), server))
    adit = machine.folder + "/adit.exe"
    windows.tool(adit, "service", "install", "--name", "second", "--", "echo",
                 f"127.0.0.1:{free_port()}")
    windows.tool(adit, "service", "start", "--name", "second")
    windows.tool(adit, "service", "stop", "--name", "adit")
    machine.setup("new")
    assert windows.state("adit") == "STOPPED"
    assert windows.state("second") == "RUNNING"
    machine.uninstall()
    assert windows.state("adit") is None and windows.state("second") is None
    assert not machine.key(r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog"
                           r"\Application\second")


def test_a_program_that_runs_goes_on(machine, windows, start, udp):
    """One that is no service keeps its file, under a different name."""
    machine.setup("old", "/NOSERVICE")
    assert windows.state("adit") is None
    port = free_port()
    process = windows.start("echo", f"127.0.0.1:{port}",
                            exe=machine.folder + "/adit.exe")
    process.wait("listening on")
    machine.setup("new", "/NOSERVICE")
    assert udp(port).ask(b"still") == b"still"
    assert is_of("0.0.2", machine.folder + "/adit.exe")
    assert is_of("0.0.1", machine.folder + "/adit-old.exe")
    assert windows.state("adit") is None
    process.popen.kill()
    process.popen.wait()
    # The next one removes it, when its program has ended.
    until("the old program is gone",
          lambda: (machine.setup("new", "/NOSERVICE"), not os.path.exists(
              machine.folder + "/adit-old.exe"))[1])


def test_what_cannot_be_written_changes_nothing(machine, windows, server, udp):
    port = free_port()
    machine.setup("old", machine.configure(port, server))
    os.mkdir(machine.folder + "/adit-new.exe")
    flow = udp(port)
    assert flow.ask(b"before") == b"before"
    machine.setup("new", status=2)
    assert "no file can be written there" in machine.log
    assert flow.ask(b"after") == b"after"
    assert machine.version() == "0.0.1"
    assert is_of("0.0.1", machine.folder + "/adit.exe")
    os.rmdir(machine.folder + "/adit-new.exe")


def test_a_program_that_is_gone_can_be_removed(machine, windows):
    source = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application" \
        r"\adit"
    machine.setup("new")
    assert machine.key(source)
    os.remove(machine.folder + "/adit.exe")
    machine.uninstall("/PURGE")
    assert windows.state("adit") is None
    assert not machine.key(source)
    assert not os.path.exists(machine.folder)


def test_a_service_of_others_is_left_alone(machine, windows):
    windows.tool("sc", "create", "adit", "binPath=", "C:\\other.exe")
    machine.setup("new", status=2)
    assert "There is a service adit, which runs C:\\other.exe" in machine.log
    assert not os.path.exists(machine.folder)
    assert machine.version() is None
    machine.setup("new", "/SERVICE=second")
    assert windows.state("second") == "STOPPED"
    machine.uninstall()
    assert windows.state("adit") == "STOPPED"


def test_a_folder_with_blanks_of_all_alphabets(machine, windows, server, udp):
    port = free_port()
    folder = "C:\\Adit ключ ż"
    machine.setup("old", machine.configure(port, server), folder=folder)
    assert udp(port).ask(b"there") == b"there"
    # An upgrade finds it, and goes nowhere else.
    machine.setup("new", status=2, folder="C:\\Program Files\\Adit")
    assert "is installed in C:\\Adit ключ ż already" in machine.log
    assert windows.state("adit") == "RUNNING"
    machine.setup("new")
    udp(port).ask_until_answered()
    machine.uninstall(folder=folder)
    assert not os.path.exists(windows.drive_c + "/Adit ключ ż")
    assert windows.state("adit") is None


def test_a_folder_that_others_can_write_has_no_service(machine, windows):
    os.mkdir(machine.folder)
    os.chmod(machine.folder, 0o777)
    machine.setup("new", status=3)
    assert "not only administrators, can change it" in machine.log
    assert windows.state("adit") is None
    machine.uninstall()


@pytest.mark.parametrize("option, says", [
    ("/CONFIG=C:\\no such file", "there is no such file"),
    ("/START=soon", "must be auto, delayed or demand"),
])
def test_mistakes_change_nothing(machine, option, says):
    machine.setup("new", option, status=2)
    assert says in machine.log
    assert not os.path.exists(machine.folder)
    assert machine.version() is None


def test_the_firewall_has_one_rule(machine, windows):
    """A stand-in of netsh writes down how it was called."""
    netsh = os.path.join(os.environ["ADIT_SETUP"], "netsh.exe")
    real = windows.drive_c + "/windows/system32/netsh.exe"
    shutil.copy(real, machine.tmp_path / "netsh.exe")
    shutil.copy(netsh, real)
    try:
        machine.setup("old", "/NOSERVICE")
        machine.setup("new", "/NOSERVICE")
        machine.setup("new", "/NOSERVICE", "/FIREWALL")
        machine.uninstall()
        with open(machine.calls, encoding="utf-8") as f:
            calls = f.read().splitlines()
    finally:
        shutil.copy(machine.tmp_path / "netsh.exe", real)
        if os.path.exists(machine.calls):
            os.remove(machine.calls)
    program = 'program="C:\\Program Files\\Adit\\adit.exe"'
    delete = f'advfirewall firewall delete rule name="Adit" {program}'
    add = 'advfirewall firewall add rule name="Adit" dir=in action=allow ' \
        f'{program} enable=yes profile=any'
    # An update leaves it as it is.
    assert calls == [delete, add, delete, add, delete]
