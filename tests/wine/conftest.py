# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Fixtures for the tests of adit.exe under wine.

ADIT is adit.exe, and ADIT_NATIVE a program of this machine, which is the peer:
the fixtures of the folder above (start, certs, echo, tunnel) use that one.
"""

import fcntl
import os
import shutil
import subprocess

import pytest

import harness
from windows import Windows

SILENT = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
          "stderr": subprocess.DEVNULL}


@pytest.fixture(scope="session")
def adit():
    """The native program, as a path: the peer."""
    path = os.environ.get("ADIT_NATIVE", "")
    if not os.access(path, os.X_OK):
        pytest.skip("ADIT_NATIVE names no program of this machine")
    return os.path.abspath(path)


def silently(*args, env):
    """Runs a program of wine; its status, or None after a long time."""
    try:
        return subprocess.run(args, env=env, check=False, **SILENT,
                              timeout=5 * harness.PATIENCE).returncode
    except subprocess.TimeoutExpired:
        return None


def begin_session(env):
    """Makes the prefix, if need be, and starts its services.  These end with
    the last program: returns one that waits."""
    if not os.path.isdir(env["WINEPREFIX"] + "/drive_c/windows"):
        # What it starts stays for a while, and would keep pipes open.
        subprocess.run(["wineboot", "-i"], env=env, check=True, **SILENT)
        silently("wineserver", "-w", env=env)
    keeper = subprocess.Popen(["wine", "cmd", "/k"], env=env,
                              **dict(SILENT, stdin=subprocess.PIPE))
    harness.until("the service manager answers", lambda: silently(
        "wine", "sc", "query", "EventLog", env=env) == 0,
                  10 * harness.PATIENCE)
    return keeper


@pytest.fixture(scope="session")
def windows_session(tmp_path_factory):
    """A prefix of wine in which adit.exe is installed where only
    administrators can write: that of WINEPREFIX if there is one."""
    harness.need("wine", "wineboot", "wineserver")
    exe = harness.adit_path()
    if not exe.endswith(".exe") or not os.path.exists(exe):
        pytest.skip("ADIT names no adit.exe")
    # Names of files are characters of the locale for wine, also for its
    # services, which begin with the first program.
    env = dict(os.environ, WINEDEBUG=os.environ.get("WINEDEBUG", "-all"),
               LC_ALL="C.UTF-8",
               WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe=")
    env.pop("DISPLAY", None)
    own = "WINEPREFIX" not in env
    if own:
        env["WINEPREFIX"] = str(tmp_path_factory.mktemp("wine"))
    # Two first programs at once would be two service managers.
    with open(env["WINEPREFIX"] + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        keeper = begin_session(env)
    folder = os.path.join(env["WINEPREFIX"], "drive_c", "Program Files",
                          f"Adit {os.getpid()}")
    os.makedirs(folder, mode=0o755)
    os.chmod(folder, 0o755)
    shutil.copy(exe, folder)
    os.chmod(folder + "/adit.exe", 0o755)
    yield Windows(env, folder)
    keeper.stdin.close()
    try:
        keeper.wait(harness.PATIENCE)
    except subprocess.TimeoutExpired:
        # It does not always notice the end of its input.
        keeper.kill()
        keeper.wait()
    shutil.rmtree(folder, ignore_errors=True)
    if own:
        silently("wineserver", "-k", env=env)


@pytest.fixture
def windows(windows_session):
    """Runs adit.exe and the tools of Windows; see windows.py.  What it has
    started and installed is gone after the test."""
    windows_session.take(fcntl.LOCK_SH)
    yield windows_session
    windows_session.clean_up()
    windows_session.lock.close()
