# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What these tests do themselves when a busy machine keeps wine from starting
a program."""

import pytest

from windows import NOT_STARTED, Program


def test_a_program_that_was_not_started_is_started_again(tmp_path):
    count = tmp_path / "count"
    program = Program(["sh", "-c", f"echo >>{count}\n"
                       f"[ $(wc -l <{count}) = 3 ] || exit {NOT_STARTED}\n"
                       "echo started\nexec sleep 1000"])
    try:
        program.wait("started")
    finally:
        program.kill()
    assert len(count.read_text()) == 3


def test_one_that_has_ended_is_not(tmp_path):
    count = tmp_path / "count"
    program = Program(["sh", "-c", f"echo >>{count}\nexit 1"])
    with pytest.raises(AssertionError, match="no line 'started'"):
        program.wait("started")
    assert len(count.read_text()) == 1
