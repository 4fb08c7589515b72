# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Fixtures for the tests that run the program: tests/e2e, tests/interop."""

import os
import sys

import pytest

sys.dont_write_bytecode = True

import harness  # noqa: E402
import pki      # noqa: E402


def pytest_report_header(config):
    return "adit: " + harness.adit_path()


def pytest_collection_modifyitems(config, items):
    """Leaves the slow tests out, unless they are asked for."""
    if os.environ.get("ADIT_SLOW"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [item for item in items if item not in slow]
    config.hook.pytest_deselected(items=slow)


@pytest.fixture(scope="session")
def adit():
    """The program, as a path."""
    path = harness.adit_path()
    if not os.access(path, os.X_OK):
        pytest.fail(f"{path} is not there: run make, or set ADIT")
    return path


@pytest.fixture(scope="session")
def dtls(adit):
    """For modules whose tests are all of DTLS."""
    if "\n  dtlspipe " not in harness.run(adit, "help").stdout:
        pytest.skip("this build has no DTLS")


@pytest.fixture(scope="session")
def names(adit, tmp_path_factory):
    """A folder in which the old names are links to the program."""
    folder = tmp_path_factory.mktemp("names")
    for name in "uotp-server", "uotp-client":
        (folder / name).symlink_to(adit)
    return folder


@pytest.fixture(scope="session")
def certs(adit, tmp_path_factory):
    """What `adit gencert` makes for localhost, 127.0.0.1 and ::1."""
    folder = tmp_path_factory.mktemp("certs")
    harness.run(adit, "gencert", "-d", folder, "localhost", "127.0.0.1",
                "::1")
    return folder


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    """A CA made with OpenSSL, for certificates of all sorts."""
    harness.need("openssl")
    return pki.CA(tmp_path_factory.mktemp("pki"), "Tests CA")


@pytest.fixture
def start(adit):
    """Starts programs, and ends them after the test; a string of digits is
    no program's name, so start("echo", ...) is `adit echo ...`."""
    running = []

    def start(*args, **options):
        if not str(args[0]).startswith("/"):
            args = (adit, *args)
        process = harness.Process(args, **options)
        running.append(process)
        return process

    yield start
    # The last first: clients before their servers.  All are ended, whatever
    # is wrong with some.
    wrong = []
    for process in reversed(running):
        try:
            process.end()
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def echo(start):
    """The port on 127.0.0.1 of an `adit echo`."""
    return harness.start_echo(start)


@pytest.fixture
def udp():
    """Makes UDP sockets that belong to the test."""
    sockets = []

    def make(port, host="127.0.0.1"):
        sockets.append(harness.Udp(port, host))
        return sockets[-1]

    yield make
    for s in sockets:
        s.close()


@pytest.fixture
def tunnel(start, certs, names):
    """Starts both ends of a tunnel to a UDP port, by its kind (see
    harness.TUNNELS); returns the client's UDP port."""
    def tunnel(kind, target, **options):
        return harness.start_tunnel(start, certs, names, kind, target,
                                    **options)
    return tunnel
