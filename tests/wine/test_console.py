# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit.exe at a console: Ctrl-C, the log as it is written, the pid file."""

import os
import pty
import re
import select
import signal
import time

from harness import PATIENCE, READY, Udp, free_port, until


class Console:
    """adit.exe at a terminal."""

    def __init__(self, windows, *args):
        self.text = ""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("wine", ["wine", windows.exe, *args], windows.env)

    def read(self):
        """What has come so far."""
        while select.select([self.fd], [], [], 0.05)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            self.text += data.decode(errors="replace")
        return self.text

    def wait(self, pattern):
        until(f"{pattern} in what the console shows",
              lambda: re.search(pattern, self.read()), 3 * PATIENCE)

    def type(self, text):
        os.write(self.fd, text)

    def exit_status(self):
        """Waits for its end."""
        deadline = time.monotonic() + 3 * PATIENCE
        while time.monotonic() < deadline:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError("it has not ended:\n" + self.text)


def test_ctrl_c_ends_a_tunnel(windows):
    console = Console(windows, "tunnel",
                      f"udp-listen:127.0.0.1:{free_port()}",
                      "udp:127.0.0.1:9")
    console.wait(": ready")
    console.type(b"\x03")
    console.wait("shutting down")
    assert console.exit_status() == 0, console.text


def test_a_log_is_in_a_pipe_before_the_end(windows):
    process = windows.start("tunnel",
                            f"udp-listen:127.0.0.1:{free_port()}",
                            "udp:127.0.0.1:9")
    process.wait(READY)
    assert process.popen.poll() is None


def test_the_pid_file(windows, tmp_path):
    path, port = tmp_path / "adit.pid", free_port()
    path.write_text("what was there before, and is longer")
    console = Console(windows, "tunnel", "--pidfile", windows.path(path),
                      f"udp-listen:127.0.0.1:{port}", "udp:127.0.0.1:9")
    console.wait(": ready")
    assert re.fullmatch(r"\d+\n", path.read_text())
    with Udp(port) as s:
        s.send(b"a flow")
    console.type(b"\x03")
    assert console.exit_status() == 0, console.text
    assert not path.exists()
