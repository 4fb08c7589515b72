# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Machines of our own: each has a network and an /etc of its own, in
namespaces that end with the test."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

import harness

LONG = bool(os.environ.get("ADIT_LONG"))
DESCRIPTORS = 20000

# What a machine changes in /etc lies above ours, in memory; where the system
# has no overlays, /etc is a copy.  Other namespaces come and go.
OWN_ETC = """
mount -t tmpfs tmpfs "$1" && mkdir "$1/etc" "$1/work" || exit
mount -t overlay overlay \\
    -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/work" /etc 2>/dev/null || {
	find /etc -mindepth 1 -maxdepth 1 ! -name netns \\
	    -exec cp -a -t "$1/etc" {} + && mount --bind "$1/etc" /etc || exit
}
"""


def bar(for_long_runs, otherwise):
    """What time or throughput must be.  The strict bar is for ADIT_LONG=1, on
    a machine that has nothing else to do; elsewhere tests share two cores
    with other tests, and only what is grossly wrong may fail."""
    return for_long_runs if LONG else otherwise


class Machine:
    """Runs programs in namespaces; changes of /etc are its own, /run is empty,
    and `adit`, `uotp-server` and `uotp-client` stand on PATH.  `etc` is its
    /etc as others see it."""

    def __init__(self, name, folder, adit):
        harness.need_root()
        harness.need("ip", "unshare", "nsenter", "prlimit")
        self.name = name
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        for link in "adit", "uotp-server", "uotp-client":
            (folder / "bin" / link).symlink_to(adit)
        self.layers = folder / "layers"
        self.layers.mkdir()
        self.holder = subprocess.Popen(
            ["unshare", "-n", "-m", "--propagation", "private", "sh", "-c",
             OWN_ETC + 'mount -t tmpfs tmpfs /run && '
             'mkdir -p /run/wireguard /etc/adit /etc/wireguard && '
             'ip link set lo up && echo up && '
             'exec sleep 100000', "sh", str(self.layers)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            preexec_fn=harness._die_with_us)
        said = self.holder.stdout.readline()
        if said != "up\n":
            self.holder.kill()
            self.holder.wait()
            pytest.skip(f"no namespaces here: {said}")
        self.etc = pathlib.Path(f"/proc/{self.holder.pid}/root/etc")
        self.netns = f"/proc/{self.holder.pid}/ns/net"
        self.prefix = [
            "/usr/bin/env", f"PATH={folder}/bin:{os.environ['PATH']}",
            "prlimit", f"--nofile={DESCRIPTORS}",
            "nsenter", "-t", str(self.holder.pid), "-n", "-m",
            "sh", "-c", 'cd "$0" && exec "$@"', str(folder)]

    def run(self, *args, **options):
        return harness.run(*self.prefix, *args, **options)

    def sh(self, commands, **options):
        """Runs lines of shell, as they were typed."""
        return self.run("sh", "-ec", commands, **options)

    def ip(self, *args):
        return self.run("ip", *args)

    def answered(self, n, *args):
        """Asserts that each of the first n requests of ping is answered,
        however late: for the last ones ping itself waits for two round trips,
        if it has no deadline, and with one it asks again meanwhile."""
        said = subprocess.run(
            [*self.prefix, "ping", "-n", "-c", str(n), "-w",
             str(int(harness.PATIENCE)), *map(str, args)], text=True,
            capture_output=True, timeout=3 * harness.PATIENCE,
            check=False).stdout
        numbers = map(int, re.findall(r"bytes from .*icmp_seq=(\d+)", said))
        assert set(numbers) >= set(range(1, n + 1)), said

    def connect(self, device, other, other_device):
        """A cable between two machines."""
        self.ip("link", "add", device, "type", "veth", "peer", "name",
                other_device, "netns", str(other.holder.pid))

    def up(self, device, *addresses):
        for address in addresses:
            self.ip("address", "add", address, "dev", device)
        self.ip("link", "set", device, "up")

    def full_buffers(self):
        """Datagrams that the system dropped since a program was slow."""
        with open(f"/proc/{self.holder.pid}/net/snmp") as f:
            names, values = [line.split() for line in f
                             if line.startswith("Udp:")]
        return int(values[names.index("RcvbufErrors")])

    def end(self):
        """Ends all that runs in it."""
        ours = os.stat(self.netns).st_ino
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and int(entry) != self.holder.pid and \
                        os.stat(f"/proc/{entry}/ns/net").st_ino == ours:
                    os.kill(int(entry), signal.SIGKILL)
            except OSError:
                pass
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def wakeups(process):
    """How often a process, or a child of it, went to sleep so far."""
    slept = 0
    pids, todo = [], [process.pid]
    while todo:
        pids.append(todo.pop())
        for task in os.listdir(f"/proc/{pids[-1]}/task"):
            with open(f"/proc/{pids[-1]}/task/{task}/status") as f:
                slept += int(re.search(
                    r"^voluntary_ctxt_switches:\s+(\d+)", f.read(),
                    re.M)[1])
            with open(f"/proc/{pids[-1]}/task/{task}/children") as f:
                todo += map(int, f.read().split())
    return slept


def pings(m, to, wait=harness.PATIENCE):
    """Whether one comes back, in so many seconds at most."""
    done = subprocess.run(
        [*m.prefix, "ping", "-n", "-c", "1", "-W", str(wait), to],
        capture_output=True, text=True)
    if done.returncode != 0:
        print(done.returncode, done.stdout, done.stderr)
    return done.returncode == 0
