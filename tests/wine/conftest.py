# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Fixtures for the tests of adit.exe under wine.

ADIT is adit.exe, and ADIT_NATIVE a program of this machine, which is the peer:
the fixtures of the folder above (start, certs, echo, tunnel) use that one.
"""

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


@pytest.fixture(scope="session")
def windows_session(tmp_path_factory):
    """A prefix of wine in which adit.exe is installed where only
    administrators can write: that of WINEPREFIX if there is one."""
    harness.need("wine", "wineboot", "wineserver")
    exe = harness.adit_path()
    if not exe.endswith(".exe") or not os.path.exists(exe):
        pytest.skip("ADIT names no adit.exe")
    env = dict(os.environ, WINEDEBUG=os.environ.get("WINEDEBUG", "-all"),
               WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe=")
    env.pop("DISPLAY", None)
    own = "WINEPREFIX" not in env
    if own:
        env["WINEPREFIX"] = str(tmp_path_factory.mktemp("wine"))
    if not os.path.isdir(env["WINEPREFIX"] + "/drive_c/windows"):
        # What it starts stays for a while, and would keep pipes open.
        subprocess.run(["wineboot", "-i"], env=env, check=True, **SILENT)
    # The services of a prefix end with its last program: one that waits.
    keeper = subprocess.Popen(["wine", "cmd", "/k"], env=env,
                              **dict(SILENT, stdin=subprocess.PIPE))
    # Their manager starts with the first program, and takes its time.
    harness.until("the service manager answers", lambda: subprocess.run(
        ["wine", "sc", "query", "EventLog"], env=env, check=False,
        **SILENT).returncode == 0, 10 * harness.PATIENCE)
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
        subprocess.run(["wineserver", "-k"], env=env, check=False,
                       **SILENT)


@pytest.fixture
def windows(windows_session):
    """Runs adit.exe and the tools of Windows; see windows.py.  What it has
    started and installed is gone after the test."""
    yield windows_session
    windows_session.clean_up()
