# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The folder of services in ProgramData, which every user could have made."""

import os
import shutil

import pytest


@pytest.fixture
def folder(windows):
    """Its path; it is not there before and after a test."""
    # All services use it, also those of tests that run at the same time.
    windows.alone()
    path = windows.drive_c + "/ProgramData/adit"
    shutil.rmtree(path, ignore_errors=True)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def name():
    return f"t{os.getpid()}-folder"


def install(windows, name, **options):
    return windows.install(name, "--", "echo", "127.0.0.1:1", **options)


def test_it_is_made_for_administrators_only(windows, folder, name):
    install(windows, name)
    for path in folder, folder + "/log":
        # Wine keeps access lists as modes.
        assert os.stat(path).st_mode & 0o007 == 0, path


def test_one_that_is_there_is_used(windows, folder, name):
    os.mkdir(folder)
    install(windows, name)
    assert os.path.isdir(folder + "/log")


def test_one_of_a_different_user_is_refused(windows, folder, name):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.mkdir(folder)
    os.chown(folder, 12345, 12345)
    said = install(windows, name, status=2).stderr
    assert "belongs to a user who is no administrator" in said
    assert windows.state(name) is None
    assert not os.path.exists(folder + "/log")
