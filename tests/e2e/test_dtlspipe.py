# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The command line of dtlspipe: what it takes, refuses, prints and hides."""

import glob
import os
import re
import socket

import pytest

import harness
from harness import READY, free_port, refused, run

PSK = "00112233445566778899aabbccddeeff"
SIX = ["TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256", "TLS_PSK_WITH_AES_128_CCM",
       "TLS_PSK_WITH_AES_128_CCM_8", "TLS_PSK_WITH_AES_256_CCM_8",
       "TLS_PSK_WITH_AES_128_GCM_SHA256", "TLS_PSK_WITH_AES_128_CBC_SHA256"]
B, R = "127.0.0.1:9", "127.0.0.1:10"


@pytest.fixture(scope="session")
def dtlspipe(adit, tmp_path_factory):
    """The program under its old name; skips where DTLS is left out."""
    shown = run(adit, "help").stdout
    if not re.search(r"^  dtlspipe ", shown, re.M):
        pytest.skip("this build has no DTLS")
    link = tmp_path_factory.mktemp("names") / "dtlspipe"
    link.symlink_to(adit)
    return link


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch):
    monkeypatch.delenv("DTLSPIPE_PSK", raising=False)


@pytest.fixture
def launch(start, dtlspipe):
    """Starts it and waits until it listens."""
    def launch(*args, **options):
        process = start(dtlspipe, *args, **options)
        process.wait(READY)
        return process
    return launch


# --- What is printed --------------------------------------------------------

def test_ciphers_are_those_of_dtlspipe_and_then_ours(dtlspipe):
    names = run(dtlspipe, "ciphers").stdout.splitlines()
    assert names[:6] == SIX
    assert "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256" in names[6:]
    assert len(set(names)) == len(names)


def test_curves(dtlspipe):
    assert run(dtlspipe, "curves").stdout == "X25519\nP-256\nP-384\n"


def test_version_is_the_one_that_it_is_compatible_to(dtlspipe):
    shown = run(dtlspipe, "version").stdout
    assert re.fullmatch(r"v1\.8\.3 \(adit \d+\.\d+\S*\)\n", shown)


@pytest.mark.parametrize("args,digits", [
    ([], 32), (["-key-length", "1"], 2), (["-key-length=0x20"], 64),
    (["--key-length", "0b11"], 6), (["-key-length", "020"], 32),
    (["-key-length", "64"], 128), (["-key-length", "0"], 0),
    (["-key-length", "5", "-key-length", "6"], 12),
], ids=str)
def test_genpsk_prints_a_key_of_that_length(dtlspipe, args, digits):
    shown = run(dtlspipe, *args, "genpsk").stdout
    assert re.fullmatch(r"[0-9a-f]{%d}\n" % digits, shown)
    if digits > 30:
        assert run(dtlspipe, *args, "genpsk").stdout != shown


def test_genpsk_refuses_a_key_that_is_too_long(dtlspipe):
    done = run(dtlspipe, "-key-length", "65", "genpsk", status=1)
    assert "key length is too big" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("flag", ["-h", "--h", "-help", "--help"])
def test_help_goes_to_stderr_and_is_no_error(dtlspipe, flag):
    done = run(dtlspipe, flag)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith("usage: dtlspipe ")
    assert len(lines) <= 40 and max(map(len, lines)) <= 80
    for name in ("psk", "identity", "ciphers", "curves", "mtu", "timeout",
                 "idle-time", "stale-mode", "time-limit", "rate-limit", "cid",
                 "skip-hello-verify", "key-length"):
        assert re.search(rf"^  -{name}\b", done.stderr, re.M), name
    for default in ("10s", "30s", "either", "20/1m0s", "1400", "16", "0s"):
        assert re.search(rf"default:\s+{default}\)", done.stderr), default


def test_help_of_adit_is_the_same_text(adit, dtlspipe):
    shown = run(adit, "help", "dtlspipe").stdout
    assert shown == run(adit, "dtlspipe", "-h").stderr
    assert shown.replace("usage: adit ", "usage: ") == \
        run(dtlspipe, "-h").stderr


# --- What is refused --------------------------------------------------------

def test_without_a_subcommand_the_help_is_an_error(dtlspipe):
    done = run(dtlspipe, status=2)
    assert done.stdout == "" and "usage:" in done.stderr


USAGE = [
    (["frob"], r'"frob".*subcommand'),
    (["Server", B, R], r'"Server"'),
    (["server"], r"server: 2 arguments"),
    (["server", B], r"server: 2 arguments"),
    (["server", B, R, R], r"server: 2 arguments"),
    (["client", B], r"client: 2 arguments"),
    (["client", B, R, "-mtu", "5"], r"client: 2 arguments"),
    (["hoppingclient"], r"hoppingclient: 2 arguments"),
    (["hoppingclient", B], r"hoppingclient: 2 arguments or more"),
    (["genpsk", "x"], r"genpsk: 0 arguments"),
    (["ciphers", "x"], r"ciphers: 0"),
    (["curves", "x"], r"curves: 0"),
    (["version", "x"], r"version: 0"),
    (["-frob", "genpsk"], r"-frob: no such option"),
    (["-ps", "00", "genpsk"], r"-ps: no such option"),
    (["-v", "genpsk"], r"-v: no such option"),
    (["---psk", "00", "genpsk"], r'"---psk"'),
    (["-mtu"], r"-mtu.*value"),
    (["-mtu", "x", "genpsk"], r'-mtu: "x"'),
    (["-mtu", "1e3", "genpsk"], r'-mtu: "1e3"'),
    (["-key-length", "-1", "genpsk"], r"-key-length"),
    (["-cid", "false", "genpsk"], r'"false".*subcommand'),
    (["-cid=maybe", "genpsk"], r'-cid: "maybe"'),
    (["-skip-hello-verify=", "genpsk"], r'-skip-hello-verify: ""'),
    (["-timeout", "10", "genpsk"], r'-timeout: "10"'),
    (["-timeout", "1d", "genpsk"], r'-timeout: "1d"'),
    (["-timeout", "-1s", "genpsk"], r'-timeout: "-1s"'),
    (["-idle-time", "soon", "genpsk"], r'-idle-time: "soon"'),
    (["-idle-time", "-1s", "genpsk"], r'-idle-time: "-1s"'),
    (["-time-limit", "5m-", "genpsk"], r'-time-limit: "5m-"'),
    (["-time-limit", "-5m", "genpsk"], r'-time-limit: "-5m"'),
    (["-time-limit", "1-2m", "genpsk"], r'-time-limit: "1-2m"'),
    (["-rate-limit", "5", "genpsk"], r'-rate-limit: "5"'),
    (["-rate-limit", "0/1s", "genpsk"], r'-rate-limit: "0/1s"'),
    (["-rate-limit", "5/0s", "genpsk"], r'-rate-limit: "5/0s"'),
    (["-rate-limit", "5/1", "genpsk"], r'-rate-limit: "5/1"'),
    (["-stale-mode", "Both", "genpsk"], r'-stale-mode: "Both".*both, either'),
    (["-ciphers", "frob", "genpsk"], r'-ciphers: "frob"'),
    (["-ciphers", SIX[0] + ":", "genpsk"], r"-ciphers"),
    (["-ciphers", ":" + SIX[0], "genpsk"], r"-ciphers"),
    (["-ciphers", SIX[0].lower(), "genpsk"], r"-ciphers"),
    (["-curves", "p-256", "genpsk"], r'-curves: "p-256"'),
    (["-curves", "X25519::P-256", "genpsk"], r"-curves"),
    (["server", B, R], r"can't get PSK"),
    (["client", B, R], r"can't get PSK"),
    (["hoppingclient", B, R], r"can't get PSK"),
    (["-psk", "", "client", B, R], r"can't get PSK"),
    (["-psk", "0", "client", B, R], r"can't get PSK.*odd"),
    (["-psk", "0x", "client", B, R], r"can't get PSK.*hex"),
    (["-psk", "zz", "client", B, R], r"can't get PSK.*hex"),
    (["-psk", PSK, "-psk-file", "x", "client", B, R], r"-psk and -psk-file"),
    (["-psk-file", "/nowhere", "client", B, R], r"/nowhere"),
    (["-psk", PSK, "client", B, ":10"], r'":10".*host'),
    (["-psk", PSK, "client", B, "a"], r'"a".*port'),
    (["-psk", PSK, "client", B, "a:no-such-service"], r"no-such-service"),
    (["-psk", PSK, "client", B, "a:99999"], r"99999"),
    (["-psk", PSK, "client", B, "a:0"], r"port 0"),
    (["-psk", PSK, "server", B, "::1:domain"], r"\[ADDRESS\]:PORT"),
    (["-psk", PSK, "hoppingclient", B, "10.0.0.0/33:5"], r"10\.0\.0\.0/33"),
    (["-psk", PSK, "hoppingclient", B, R, "10.0.0.1"], r"10\.0\.0\.1"),
]


@pytest.mark.parametrize("args,says", USAGE, ids=lambda x: " ".join(x)
                         if isinstance(x, list) else "")
def test_wrong_command_lines_exit_2_with_one_line(dtlspipe, args, says):
    line = refused(dtlspipe, *args, status=2, says=says)
    assert line.startswith("dtlspipe: ")
    assert PSK not in line


@pytest.mark.parametrize("bind", ["127.0.0.1", "::1:2815", "127.0.0.1:x",
                                  "127.0.0.1:65536", "[::1:2815", ""])
@pytest.mark.parametrize("command", ["server", "client"])
def test_a_wrong_bind_address_exits_1(dtlspipe, command, bind):
    refused(dtlspipe, "-psk", PSK, command, bind, R, status=1,
            says=r"cannot listen")


@pytest.mark.parametrize("command", ["server", "client"])
def test_a_port_in_use_exits_1(dtlspipe, command):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        refused(dtlspipe, "-psk", PSK, command,
                f"127.0.0.1:{s.getsockname()[1]}", R, status=1,
                says=r"cannot listen.*in use")


# --- What is taken ----------------------------------------------------------

@pytest.mark.parametrize("command", ["server", "client", "hoppingclient"])
def test_it_starts_names_both_sides_and_ends_with_0(launch, command):
    port = free_port()
    p = launch("-psk", PSK, command, f"127.0.0.1:{port}", "127.0.0.1:10")
    line = next(line for line in p.text().splitlines()
                if re.search(READY, line))
    assert f"127.0.0.1:{port}" in line and "127.0.0.1:10" in line
    assert p.stop() == 0


@pytest.mark.parametrize("options", [
    ["-mtu=0x578", "-timeout=1m30s", "-idle-time", "1h2m3.5s"],
    ["-mtu", "-5", "--cid=false", "-skip-hello-verify=F"],
    ["-mtu", "100000", "-cid", "-skip-hello-verify=0"],
    ["-time-limit", "10s-5s", "-rate-limit", "", "-stale-mode", "both"],
    ["-time-limit", "300ms", "-rate-limit", "18446744073709551615/1ns"],
    ["-ciphers", ":".join(SIX), "-curves", "P-256:X25519"],
    ["-ciphers", "", "-curves", "", "-identity", "", "-idle-time", "0"],
    ["-identity", "alice", "-timeout", "500µs", "--"],
    ["-mtu", "5", "-mtu", "1400"],
    ["-verbosity", "debug", "-max-flows", "10"],
], ids=" ".join)
@pytest.mark.parametrize("command", ["server", "client"])
def test_options_of_dtlspipe_are_taken(launch, command, options):
    launch("-psk", PSK, *options, command, f"127.0.0.1:{free_port()}", R)


@pytest.mark.parametrize("groups", [
    ["127.0.0.1:5"], ["127.0.0.1:5-9"], ["127.0.0.1:9-5"],
    ["10.0.0.0/8:5"], ["10.0.0.1..10.0.0.9:5"], ["10.0.0.9..10.0.0.1:5"],
    ["10.0.0.1-10.0.0.9:5"],
    ["a.example,10.0.0.0/8,10.1.0.1..10.1.0.9:5-9"],
    ["::1:40000"], ["::1..::3:7"], ["2001:db8::/64:7-9"], ["[::1]:7"],
    ["a.example:5", "10.0.0.0/8:7"], ["0.0.0.1:0-65535"],
], ids=" ".join)
def test_groups_of_dtlspipe_are_taken(launch, groups):
    launch("-psk", PSK, "hoppingclient", f"127.0.0.1:{free_port()}", *groups)


@pytest.mark.parametrize("remote,shown", [
    ("127.0.0.1:00010", "127.0.0.1:10"), ("no.such.host.invalid:5", None),
    ("127.0.0.1:domain", "127.0.0.1:53"), ("[::1]:domain", None),
    ("[::1]:5", None), ("localhost:5", None)])
def test_remotes_are_looked_at_when_a_session_needs_them(launch, remote,
                                                         shown):
    try:
        socket.getservbyname("domain", "udp")
    except OSError:
        if "domain" in remote:
            pytest.skip("this machine has no list of services")
    if remote == "[::1]:domain":
        remote, shown = "localhost:domain", "localhost:53"
    p = launch("-psk", PSK, "client", f"127.0.0.1:{free_port()}", remote)
    assert (shown or remote) in p.text()


def test_a_server_without_a_target_host_means_this_machine(launch):
    p = launch("-psk", PSK, "server", f"127.0.0.1:{free_port()}", ":10")
    assert "127.0.0.1:10" in p.text()


def bound(family, host, port):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        if family == socket.AF_INET6:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            s.bind((host, port))
            return False
        except OSError:
            return True


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", ""])
@pytest.mark.parametrize("command", ["server", "client"])
def test_a_wildcard_address_is_that_of_both_families(launch, command, host):
    if not harness.has_ipv6():
        pytest.skip("this machine has no IPv6")
    port = free_port()
    launch("-psk", PSK, command, f"{host}:{port}", R)
    assert bound(socket.AF_INET, "127.0.0.1", port)
    assert bound(socket.AF_INET6, "::1", port)


@pytest.mark.parametrize("bind", ["[::1]:PORT", "[::1%lo]:PORT",
                                  "127.0.0.1:0PORT", "localhost:PORT",
                                  "0.0.0.0:0"])
def test_addresses_to_listen_on(launch, bind):
    if "::1" in bind and not harness.has_ipv6():
        pytest.skip("this machine has no IPv6")
    launch("-psk", PSK, "server", bind.replace("PORT", str(free_port())), R)


def test_a_profile_is_not_written_and_that_is_told(dtlspipe, tmp_path):
    done = run(dtlspipe, "-cpuprofile", tmp_path / "p", "curves")
    assert "-cpuprofile" in done.stderr and done.stdout.startswith("X25519")
    assert not (tmp_path / "p").exists()


def test_adit_dtlspipe_is_the_same(adit, start, dtlspipe):
    p = start("dtlspipe", "-psk", PSK, "client", f"127.0.0.1:{free_port()}",
              R)
    p.wait(READY)


# --- Keys -------------------------------------------------------------------

def shown_of(pid):
    """What others could see of a process and its helpers."""
    pids = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with open(path) as f:
            pids += [int(word) for word in f.read().split()]
    assert len(pids) > 1, "the helper that resolves names is not there"
    for each in pids:
        for name in "cmdline", "environ":
            with open(f"/proc/{each}/{name}", "rb") as f:
                yield name, f.read()


SPELLINGS = [["-psk", PSK], ["-psk=" + PSK], ["--psk=" + PSK],
             ["-psk", PSK, "-psk", PSK], ["-psk", PSK.upper()]]


# pytest puts the name of a test into the environment, so no key in it.
@pytest.mark.parametrize("args", SPELLINGS, ids=range(len(SPELLINGS)))
def test_a_key_in_the_command_line_is_hidden(launch, args):
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("this system has no /proc")
    p = launch(*args, "client", f"127.0.0.1:{free_port()}", R)
    for name, text in shown_of(p.pid):
        assert PSK.encode() not in text.lower(), name


@pytest.mark.parametrize("also", [[], ["-psk", "abcd"], ["-psk", ""]],
                         ids=str)
def test_a_key_in_the_environment_is_taken_and_hidden(launch, also):
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("this system has no /proc")
    p = launch(*also, "client", f"127.0.0.1:{free_port()}", R,
               env=dict(os.environ, DTLSPIPE_PSK=PSK))
    for name, text in shown_of(p.pid):
        assert PSK.encode() not in text, name


def test_the_option_wins_over_the_environment(dtlspipe):
    refused(dtlspipe, "-psk", "0", "client", B, R, status=2, says="odd",
            env=dict(os.environ, DTLSPIPE_PSK=PSK))
    refused(dtlspipe, "client", B, R, status=2, says="odd",
            env=dict(os.environ, DTLSPIPE_PSK="0"))


def test_a_file_of_keys_wins_over_the_environment(launch, tmp_path):
    keys = tmp_path / "keys"
    keys.touch(0o600)
    keys.write_text("alice:" + PSK + "\n")
    launch("-psk-file", keys, "client", f"127.0.0.1:{free_port()}", R,
           env=dict(os.environ, DTLSPIPE_PSK="0"))


@pytest.mark.parametrize("spec", ["dtls:127.0.0.1:10,psk=" + PSK,
                                  f"dtls:127.0.0.1:10,psk={PSK},mtu=1200"],
                         ids=["last", "inside"])
def test_a_key_in_the_spec_of_an_end_is_hidden(dtlspipe, start, spec):
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("this system has no /proc")
    p = start("tunnel", f"udp-listen:127.0.0.1:{free_port()}", spec)
    p.wait(READY)
    for name, text in shown_of(p.pid):
        assert PSK.encode() not in text, name


# --- adit genpsk ------------------------------------------------------------

def test_genpsk_makes_lines_that_a_file_of_keys_takes(adit, launch,
                                                      tmp_path):
    lines = [run(adit, "genpsk", *args).stdout for args in
             (["alice"], ["bob:of:example"], ["--length", "32", "c d"], [])]
    for line, name, digits in zip(lines, ("alice:", "bob:of:example:",
                                          "c d:", ""), (32, 32, 64, 32)):
        assert re.fullmatch(name + r"[0-9a-f]{%d}\n" % digits, line)
    keys = tmp_path / "keys"
    keys.touch(0o600)
    keys.write_text("".join(lines))
    for identity in "alice", "bob:of:example", "c d", "somebody":
        launch("-psk-file", keys, "-identity", identity, "client",
               f"127.0.0.1:{free_port()}", R)


@pytest.mark.parametrize("identity", ["#a", " a", "a ", "a\nb", "x" * 129])
def test_genpsk_refuses_what_a_file_cannot_hold(adit, dtlspipe, identity):
    refused(adit, "genpsk", identity, status=2, says="identity")


@pytest.mark.parametrize("length", ["15", "65", "x", "-1"])
def test_genpsk_refuses_lengths(adit, dtlspipe, length):
    refused(adit, "genpsk", "-l", length, status=2, says="-l")
