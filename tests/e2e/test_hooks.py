# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Programs that are run when a tunnel is up and down."""

import os
import re
import signal
import sys

import pytest

import harness
from harness import READY, free_port, until
from test_routes import Net


class Programs:
    """Scripts in a folder, which note what they are run for."""

    def __init__(self, folder):
        self.folder = folder
        self.notes = folder / "notes"

    def script(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def noting(self, name="note", more=""):
        """A script that notes what it was called for."""
        return self.script(name, f'echo "$ADIT_EVENT $*" >>{self.notes}\n'
                           f"{more}")

    def noted(self):
        return self.notes.read_text().splitlines() if self.notes.exists() \
            else []


@pytest.fixture
def programs(tmp_path):
    return Programs(tmp_path)


@pytest.fixture
def run(start):
    """Runs a tunnel with options; the carrier goes nowhere."""
    def run(*options):
        p = start("tunnel", *options, f"udp-listen:127.0.0.1:{free_port()}",
                  "udp:127.0.0.1:9")
        p.wait(READY)
        return p
    return run


def test_up_at_the_start_and_down_at_the_end(run, programs):
    note = programs.noting()
    p = run("--up", f"{note} one two", "--down", note)
    until("up was run", programs.noted)
    assert programs.noted() == ["up one two"]
    assert p.stop() == 0
    assert programs.noted() == ["up one two", "down "]


def test_down_is_waited_for(run, programs):
    gate = programs.folder / "gate"
    os.mkfifo(gate)
    p = run("--up", programs.noting("first"), "--down",
            programs.noting(more=f"cat {gate}; echo over"))
    until("up was run", programs.noted)
    p.send_signal(signal.SIGTERM)
    until("down runs", lambda: "down " in programs.noted())
    assert p.popen.poll() is None
    gate.write_text("go on\n")
    assert p.exit_status() == 0
    assert "down: over" in p.text() and "down: go on" in p.text()


def test_output_is_in_the_log_and_cannot_harm_it(run, programs):
    p = run("--up", programs.script("up", r"""
        printf 'to stdout\nto stderr \033[31mred\n' >&2
        printf 'no end of line'"""))
    p.wait("up: to stdout$")
    p.wait(r"up: to stderr \\x1b\[31mred$")
    p.wait("up: no end of line$")
    p = run("--up", programs.script("much", "seq 1 5000"))
    p.wait("more than 100 lines")
    assert "up: 101" not in p.text()


def test_a_program_that_hangs_is_killed_with_its_children(run, programs):
    pid = programs.folder / "pid"
    hang = programs.script("hang", f"sleep 1000 & echo $! >{pid}; wait")
    note = programs.noting()
    p = run("--up", hang, "--down", note, "--hook-timeout", "2")
    p.wait("did not end within 2 s, and is killed")
    until("its child is gone", lambda: not os.path.exists(
        f"/proc/{pid.read_text().strip()}"))
    # The tunnel goes on, and what follows is run.
    assert p.stop() == 0
    assert programs.noted() == ["down "]


def test_a_program_that_has_left_its_group_is_killed(run, programs):
    leave = programs.folder / "leave"
    leave.write_text(f"""#!{sys.executable}
import os, time
ready, said = os.pipe()
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    os.write(said, b"x")
    time.sleep(60)
    os._exit(0)
os.read(ready, 1)
os.setpgid(0, child)
time.sleep(1000)
""")
    leave.chmod(0o755)
    note = programs.noting()
    p = run("--up", leave, "--down", note, "--hook-timeout", "2")
    p.wait("did not end within 2 s, and is killed")
    # What follows is run.
    assert p.stop() == 0
    assert programs.noted() == ["down "]


def test_down_comes_after_up_however_long_that_takes(run, programs):
    gate = programs.folder / "gate"
    os.mkfifo(gate)
    slow = programs.noting("slow", f"cat {gate} >/dev/null\n"
                           f"echo up is over >>{programs.notes}")
    p = run("--up", slow, "--down", programs.noting())
    until("up runs", programs.noted)
    p.send_signal(signal.SIGTERM)
    p.wait("shutting down")
    assert programs.noted() == ["up "]
    gate.write_text("")
    assert p.exit_status() == 0
    assert programs.noted() == ["up ", "up is over", "down "]


def test_a_program_that_fails_is_warned_of(run, programs):
    p = run("--up", programs.script("fails", "exit 3"), "--down",
            programs.script("dies", "kill -ILL $$"))
    p.wait("up: .*/fails: status 3")
    assert p.stop() == 0
    assert re.search("down: .*/dies: signal 4 ended it", p.text())
    p = run("--up", "/no/such/program")
    p.wait("up: cannot be run: No such file")
    p.wait("status 127")


def test_it_has_a_clean_environment_and_no_descriptors(start, programs):
    show = programs.script("show", f"""
        {{ env; ls -l /proc/self/fd; cat /proc/self/stat; pwd; umask
           grep Sig /proc/self/status; }} >{programs.notes}.new
        mv {programs.notes}.new {programs.notes}""")
    p = start("tunnel", "--up", show,
              f"udp-listen:127.0.0.1:{free_port()}", "udp:127.0.0.1:9",
              env={**os.environ, "SECRET": "x", "LD_PRELOAD": ""})
    p.wait(READY)
    lines = until("it has run", programs.noted)
    variables = dict(line.split("=", 1) for line in lines
                     if re.match("[A-Z_]+=", line))
    for name in "_", "PWD", "SHLVL", "OLDPWD":   # the shell's own
        variables.pop(name, None)
    assert set(variables) == {
        "PATH", "ADIT_EVENT", "ADIT_REASON", "ADIT_TUNNEL", "ADIT_LEFT",
        "ADIT_RIGHT", "ADIT_PEER"}
    assert variables["ADIT_RIGHT"] == "udp:127.0.0.1:9"
    assert variables["ADIT_REASON"] == "started"
    # 3 is the folder that ls reads.
    descriptors = {line.split(" -> ")[0].split()[-1]: line.split(" -> ")[1]
                   for line in lines if " -> " in line}
    assert set(descriptors) <= {"0", "1", "2", "3"}
    assert descriptors["0"] == "/dev/null"
    assert "pipe:" in descriptors["2"]
    assert "/" in lines
    ignored = [line for line in lines if line.startswith("SigIgn")]
    # Signals 32 to 34 are libc's own, which nobody can set.
    assert ignored and int(ignored[0].split()[1], 16) & ~(7 << 31) == 0


def test_up_of_a_device_waits_for_its_carrier(machine, start, programs):
    net = Net(machine, start)
    net.server.ip("link", "set", "eth0", "down")
    # The machine sees the folder of the test.
    show = programs.noting("show", f"env | grep ADIT >>{programs.notes}")
    p = net.dial(options=("--up", show, "--down", show))
    p.wait(READY)
    assert programs.noted() == []
    net.server.ip("link", "set", "eth0", "up")
    net.server.ip("route", "replace", "default", "via", "10.78.0.1")
    lines = until("up was run", lambda: len(programs.noted()) >= 10 and
                  programs.noted(), 60)
    assert "ADIT_DEVICE=vpn" in lines
    assert "ADIT_ADDRESSES=10.8.0.2/24" in lines
    assert "ADIT_PEER=10.78.0.5:4443" in lines
    assert "ADIT_REASON=carried" in lines
    assert [line for line in lines if re.match("ADIT_MTU=1[0-9]{3}$", line)]
    assert p.stop() == 0
    assert "ADIT_REASON=stopped" in programs.noted()


def config(folder, up):
    path = folder / "adit.conf"
    path.write_text(
        "include = conf.d/*.conf\n[tunnel good]\n"
        f"left = udp-listen:127.0.0.1:{free_port()}\n"
        f"right = udp:127.0.0.1:9\n[tunnel runs]\nup = {up}\n"
        f"left = udp-listen:127.0.0.1:{free_port()}\n"
        "right = udp:127.0.0.1:9\n")
    (folder / "conf.d").mkdir(mode=0o755, exist_ok=True)
    (folder / "conf.d" / "more.conf").write_text("")
    return path


def test_tunnels_have_their_names(start, programs):
    path = config(programs.folder, programs.noting(
        more=f"echo $ADIT_TUNNEL >>{programs.notes}; echo said"))
    p = start("run", "-c", path)
    p.wait("runs: up: said")
    assert programs.noted() == ["up ", "runs"]


@pytest.mark.parametrize("wrong", ["file", "group", "include", "folder",
                                   "above", "owner"])
def test_no_program_for_a_file_that_others_can_write(adit, start, programs,
                                                     wrong):
    above = programs.folder / "above"
    folder = above / "folder"
    folder.mkdir(parents=True, mode=0o755)
    above.chmod(0o755)
    path = config(folder, programs.noting())
    more = folder / "conf.d" / "more.conf"
    more.write_text(
        f"[tunnel third]\nleft = udp-listen:127.0.0.1:{free_port()}\n"
        "right = udp:127.0.0.1:9\n")
    for p in path, more:
        p.chmod(0o644)
    harness.run(adit, "check", "-c", path)
    if wrong == "file":
        path.chmod(0o646)
    elif wrong == "group":
        path.chmod(0o664)
    elif wrong == "include":
        more.chmod(0o646)
    elif wrong == "folder":
        folder.chmod(0o757)
    elif wrong == "above":
        above.chmod(0o777)
    else:
        harness.need_root()
        os.chown(more, 65534, 65534)
    done = harness.run(adit, "check", "-c", path, status=2)
    assert re.search(r"adit\.conf: line \d+: up: no program is run .*: (/\S+) ("
                     "can be written by others|belongs to user 65534)",
                     done.stderr)
    assert "1 problem" in done.stderr
    p = start("run", "-c", path)
    p.wait("no program is run")
    p.wait(READY, count=2)
    p.stop()
    assert programs.noted() == []


def test_no_program_for_a_link_that_others_can_change(adit, start, programs):
    """It may have led elsewhere when it was read."""
    harness.need_root()
    path = config(programs.folder, programs.noting())
    path.chmod(0o644)
    other = programs.folder / "other"
    other.mkdir(mode=0o755)
    link = other / "adit.conf"
    link.symlink_to(path)
    (other / "conf.d").symlink_to(programs.folder / "conf.d")
    harness.run(adit, "check", "-c", link)
    os.chown(other, 65534, 65534)
    done = harness.run(adit, "check", "-c", link, status=2)
    assert re.search(rf"up: no program is run .*: {link}: a folder of its "
                     "path belongs to a user other than root", done.stderr)
    os.chown(other, 0, 0)
    os.lchown(link, 65534, 65534)
    done = harness.run(adit, "check", "-c", link, status=2)
    assert "no program is run" in done.stderr


def test_mistakes_are_told(adit):
    for option, says in (
            (("--up", "relative.sh"), "no whole path"),
            (("--down", ""), "no whole path"),
            (("--hook-timeout", "0"), "hook-timeout")):
        done = harness.run(adit, "tunnel", *option,
                           "udp-listen:127.0.0.1:0", "udp:127.0.0.1:9",
                           status=2)
        assert says in done.stderr, done.stderr
