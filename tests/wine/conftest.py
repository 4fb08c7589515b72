# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Fixtures for the tests of adit.exe under wine.

ADIT is adit.exe, and ADIT_NATIVE a program of this machine, which is the peer:
the fixtures of the folder above (start, certs, echo, tunnel) use that one.
"""

import fcntl
import os
import shutil

import pytest
from _pytest.runner import runtestprotocol

import harness
from server import Server, silently
from windows import Windows

DIED = pytest.StashKey()        # of a test: the server of wine died beneath it
TRIES = 3                       # for such a test


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Runs a test, again if it failed while the server of wine died."""
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(1, TRIES + 1):
        item.stash[DIED] = False
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if attempt == TRIES or not item.stash[DIED] or \
                not any(report.failed for report in reports):
            break
        item.warn(pytest.PytestWarning(
            f"{item.nodeid}: the server of wine died in attempt {attempt}"))
        item._initrequest()     # pylint: disable=protected-access
    for report in reports:
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


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
    # Names of files are characters of the locale for wine, also for its
    # services, which begin with the first program.
    env = dict(os.environ, WINEDEBUG=os.environ.get("WINEDEBUG", "-all"),
               LC_ALL="C.UTF-8",
               WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe=")
    env.pop("DISPLAY", None)
    own = "WINEPREFIX" not in env
    if own:
        env["WINEPREFIX"] = str(tmp_path_factory.mktemp("wine"))
    server = Server(env)
    server.start()
    folder = os.path.join(env["WINEPREFIX"], "drive_c", "Program Files",
                          f"Adit {os.getpid()}")
    os.makedirs(folder, mode=0o755)
    os.chmod(folder, 0o755)
    shutil.copy(exe, folder)
    os.chmod(folder + "/adit.exe", 0o755)
    yield Windows(env, folder, server)
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
    if own:
        silently("wineserver", "-k", env=env)


@pytest.fixture
def windows(windows_session, request):
    """Runs adit.exe and the tools of Windows; see windows.py.  What it has
    started and installed is gone after the test."""
    server = windows_session.server
    if server.died():
        server.start()
    windows_session.take(fcntl.LOCK_SH)
    yield windows_session
    request.node.stash[DIED] = server.died()
    windows_session.clean_up()
    windows_session.lock.close()
