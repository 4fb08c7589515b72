# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Systems that lack something, by without.c; and a tunnel of each carrier and
each old name there."""

import os

import pytest

import harness
from harness import READY, free_port
from test_pairs import CARRIERS, PSK

OLD_NAMES = "uotp", "uotp-tls", "uott-name", "uott-name-tls", "dtlspipe"
KINDS = (*CARRIERS, *OLD_NAMES)


class Lacking:
    """Starts programs on a system without what a list names."""

    def __init__(self, start, adit, folder):
        harness.need("cc")
        self.start, self.adit, self.folder = start, adit, folder
        self.tool = folder / "without"
        self.list = None
        self.pool = 8       # connections of a flow
        built = harness.subprocess.run(
            ["cc", "-o", str(self.tool),
             os.path.join(os.path.dirname(__file__), "without.c")],
            capture_output=True, text=True)
        if built.returncode != 0:
            pytest.skip(f"no seccomp here: {built.stderr}")
        self.known = harness.run(self.tool, "--list").stdout.split()
        tried = harness.subprocess.run([str(self.tool), "eventfd", "true"],
                                       capture_output=True, text=True)
        if tried.returncode != 0:
            pytest.skip(f"no seccomp here: {tried.stderr}")
        for name in "uotp-server", "uotp-client", "uott", "dtlspipe":
            (folder / name).symlink_to(adit)

    def run(self, *args, **options):
        program = self.adit
        if str(args[0]).startswith("/"):
            program, *args = args
        process = self.start(self.tool, self.list, program, *args, **options)
        process.wait(READY)
        return process

    def old_name(self, kind, certs, target, between, here):
        """The command lines of an old name's server and client."""
        pem = f"{certs}/server.pem"
        key = f"{certs}/server.key"
        ca = f"{certs}/ca.pem"
        if kind.startswith("uotp"):
            own, trust = (["-c", pem, "-k", key], ["-C", ca]) \
                if kind == "uotp-tls" else (["--no-tls"], ["--no-tls"])
            return ([self.folder / "uotp-server", *own, "-a", "127.0.0.1",
                     "-p", between, "127.0.0.1", target],
                    [self.folder / "uotp-client", *trust, "-n", self.pool,
                     "-p", here, "127.0.0.1", between])
        if kind.startswith("uott"):
            own, trust = (["--tls", "-c", pem, "-k", key],
                          ["--tls", "-C", ca]) \
                if kind == "uott-name-tls" else ([], [])
            return ([self.folder / "uott", *own, "proxy",
                     f"127.0.0.1:{between}", f"127.0.0.1:{target}"],
                    [self.folder / "uott", *trust, "client",
                     f"127.0.0.1:{here}", f"127.0.0.1:{between}"])
        both = self.folder / "dtlspipe", "-psk", PSK, "-rate-limit", "1000/1s"
        return ([*both, "server", f"127.0.0.1:{between}",
                 f"127.0.0.1:{target}"],
                [*both, "client", f"127.0.0.1:{here}",
                 f"127.0.0.1:{between}"])

    def tunnel(self, kind, certs, target):
        """Both halves of one; they, and the client's UDP port."""
        between, here = free_port(), free_port()
        if kind in OLD_NAMES:
            server, client = self.old_name(kind, certs, target, between, here)
        else:
            accepting, dialling = (spec.format(port=between, certs=certs)
                                   for spec in CARRIERS[kind])
            server = ["tunnel", accepting, f"udp:127.0.0.1:{target}"]
            if kind in ("tcp", "tls"):
                dialling += f",pool={self.pool}"
            client = ["tunnel", f"udp-listen:127.0.0.1:{here}", dialling]
        return self.run(*server), self.run(*client), here
