# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Programs of Windows, run by wine, and its services."""

import fcntl
import os
import re
import subprocess

from harness import PATIENCE, Process, until

# What wine ends with when a busy machine kept it from starting the program at
# all: the last byte of STATUS_DLL_INIT_FAILED.
NOT_STARTED = 0x42


class Program(Process):
    """A program of Windows that runs: wine takes its time to start it, and may
    have to be asked again."""

    def __init__(self, args, **options):
        self.tries = 5
        self.options = options
        super().__init__(args, **options)

    def wait(self, pattern, timeout=3 * PATIENCE, **more):
        try:
            return super().wait(pattern, timeout, **more)
        except AssertionError:
            if not self.closed or self.lines or self.tries == 0 or \
                    self.popen.wait(PATIENCE) != NOT_STARTED:
                raise
        self.tries -= 1
        super().__init__(self.args, **self.options)
        return self.wait(pattern, timeout, **more)


class Windows:
    """A prefix of wine."""

    def __init__(self, env, folder, server):
        self.env = env
        self.server = server
        self.folder = folder            # of adit.exe, as a path of Linux
        self.exe = folder + "/adit.exe"
        self.drive_c = os.path.join(env["WINEPREFIX"], "drive_c")
        self.running = []
        self.services = []
        self.lock = None

    def take(self, how):
        """Waits for that lock, of all tests in this prefix."""
        self.lock = open(self.env["WINEPREFIX"] + ".tests", "w",
                         encoding="ascii")
        # One after the other, so that nobody overtakes a test that wants to be
        # alone.
        with open(self.env["WINEPREFIX"] + ".lock", "w",
                  encoding="ascii") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(self.lock, how)

    def alone(self):
        """From now to its end a test is the only one in this prefix: it
        changes what those of different files use."""
        self.lock.close()
        self.take(fcntl.LOCK_EX)

    def path(self, path):
        """What Windows calls a file of ours."""
        path = os.path.abspath(path)
        if path.startswith(self.drive_c + "/"):
            path, drive = path[len(self.drive_c):], "C:"
        else:
            drive = "Z:"
        return drive + path.replace("/", "\\")

    def run(self, *args, **options):
        """Runs `adit.exe ARGS` to its end; its status must be `status`."""
        return self.tool(self.exe, *args, **options)

    def ask(self, *args, env=None, **options):
        """Runs a program of Windows to its end, whatever that is."""
        for _ in range(5):
            done = subprocess.run(
                ["wine", *map(str, args)], env=env or self.env, text=True,
                stdin=subprocess.DEVNULL, capture_output=True,
                errors="replace", timeout=5 * PATIENCE, check=False,
                **options)
            if done.returncode != NOT_STARTED:
                break
        return done

    def window(self, *args):
        """Runs a program that has windows to its end; its exit status.  What
        wine starts for such a one stays, and would keep pipes open."""
        env = dict(self.env, LC_ALL="C.UTF-8")
        # Those that a test may put in the place of wine's own.
        env["WINEDLLOVERRIDES"] += ";netsh.exe=n,b"
        return subprocess.run(
            ["wine", *map(str, args)], env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=10 * PATIENCE,
            check=False).returncode

    def tool(self, *args, status=0, **options):
        """The same; its exit status must be that."""
        done = self.ask(*args, **options)
        assert done.returncode == status, \
            f"{args}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def start(self, *args, exe=None, **options):
        """Starts `adit.exe ARGS`; a Program, which is ended after the test and
        may then have ended before."""
        return self.launch(exe or self.exe, *args, **options)

    def launch(self, *args, **options):
        """The same with any program."""
        options.setdefault("env", self.env)
        process = Program(["wine", *args], **options)
        self.running.append(process)
        return process

    #
    # Services
    #

    def install(self, name, *args, **options):
        """`adit service install --name NAME ARGS`, which is undone after the
        test."""
        self.services.append(name)
        return self.run("service", "install", "--name", name, *args,
                        **options)

    def query(self, name):
        """What `sc query` says about a service."""
        done = self.ask("sc", "query", name)
        return done.stdout + done.stderr

    def state(self, name):
        """RUNNING, STOPPED, START_PENDING ...; None: no such service."""
        found = re.search(r"STATE +: \d+ +(\w+)", self.query(name))
        return found[1] if found else None

    def wait_state(self, name, state, timeout=2 * PATIENCE):
        """Waits until the service is in that state."""
        until(f"service {name} {state}", lambda: self.state(name) == state,
              timeout)

    def clean_up(self):
        """After a test: nothing of it runs or is installed."""
        for process in reversed(self.running):
            status = process.popen.poll()
            if status is None:
                process.popen.kill()
                process.popen.wait()
            print(f"--- {' '.join(process.args)} (status {status})\n"
                  f"{process.text()}")
        self.running = []
        for name in self.services:
            if self.state(name) is None:
                continue
            for word in "stop", "delete":
                self.ask("sc", word, name)
        self.services = []
