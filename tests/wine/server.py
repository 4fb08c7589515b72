# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The server of a prefix of wine, the process that all its programs need.

Wine 8's dies once in some hundred tests in which programs come and go; all
programs of the prefix die with it, or stand still.  The next one that is
started starts a new server."""

import fcntl
import glob
import os
import subprocess

import harness

SILENT = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
          "stderr": subprocess.DEVNULL}


def silently(*args, env):
    """Runs a program of wine; its status, or None after a long time."""
    try:
        return subprocess.run(args, env=env, check=False, **SILENT,
                              timeout=5 * harness.PATIENCE).returncode
    except subprocess.TimeoutExpired:
        return None


class Server:
    """The server of a prefix, which other tests may use at the same time."""

    def __init__(self, env):
        self.env = env
        self.prefix = env["WINEPREFIX"]
        self.keeper = None      # a program that waits, since the server and
                                # its services end with the last one
        self.pid = None

    def find(self):
        """The process of the server that runs now, or None."""
        prefix = os.stat(self.prefix)
        # It runs in a folder which is named after the prefix.
        name = f"/server-{prefix.st_dev:x}-{prefix.st_ino:x}"
        for folder in glob.glob("/proc/[0-9]*"):
            try:
                with open(folder + "/comm", encoding="ascii") as comm:
                    if comm.read().startswith("wineserver") and \
                            os.readlink(folder + "/cwd").endswith(name):
                        return int(folder[len("/proc/"):])
            except OSError:
                pass            # it has ended
        return None

    def start(self):
        """Makes the prefix, if need be, and starts server and services."""
        self.stop()
        # Two first programs at once would be two service managers.
        with open(self.prefix + ".lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(self.prefix + "/drive_c/windows"):
                # What it starts stays for a while, and would keep pipes open.
                subprocess.run(["wineboot", "-i"], env=self.env, check=True,
                               **SILENT)
                silently("wineserver", "-w", env=self.env)
            self.keeper = subprocess.Popen(["wine", "cmd", "/k"], env=self.env,
                                           **dict(SILENT,
                                                  stdin=subprocess.PIPE))
            harness.until("the service manager answers", lambda: silently(
                "wine", "sc", "query", "EventLog", env=self.env) == 0,
                          10 * harness.PATIENCE)
            self.pid = self.find()

    def died(self):
        """Whether the server that was started does not run any more."""
        return self.pid is None or self.find() != self.pid

    def stop(self):
        """It may end now, with its last program."""
        if self.keeper is None:
            return
        self.keeper.stdin.close()
        try:
            self.keeper.wait(harness.PATIENCE)
        except subprocess.TimeoutExpired:
            # It does not always notice the end of its input.
            self.keeper.kill()
            self.keeper.wait()
        self.keeper = None
