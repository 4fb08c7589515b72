# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The command lines: what they take, what they refuse and in which words."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess

import pytest

import harness
import pki
from harness import PATIENCE, READY, free_port, refused, run, until

COMMANDS = ["tunnel", "uotp-server", "uotp-client", "uott", "run",
            "check", "convert", "gencert", "genpsk", "echo", "ping", "help"]
KINDS = ["udp-listen", "udp", "tcp-listen", "tcp", "tls-listen", "tls",
         "dtls-listen", "dtls", "uott-listen", "ip-udp", "tun"]


def fits_a_screen(text):
    lines = text.splitlines()
    assert lines and lines[0]
    assert len(lines) <= 51
    wide = [line for line in lines if len(line) > 80]
    assert not wide


# --- Help and version -------------------------------------------------------

@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_fits_a_screen(adit, command):
    shown = run(adit, command, "--help").stdout
    fits_a_screen(shown)
    assert run(adit, "help", command).stdout == shown
    assert run(adit, command, "-h").stdout == shown


@pytest.mark.parametrize("kind", KINDS)
def test_help_of_every_end_fits_a_screen(adit, kind):
    fits_a_screen(run(adit, "help", kind).stdout)


def test_help_of_the_program_lists_every_command(adit):
    shown = run(adit, "--help").stdout
    fits_a_screen(shown)
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", shown, re.M), command
    assert run(adit, "help").stdout == shown


def test_help_of_the_tunnel_lists_every_end(adit):
    shown = run(adit, "tunnel", "--help").stdout
    for kind in KINDS:
        assert re.search(rf"^  {kind} ", shown, re.M), kind


def test_help_names_defaults(adit):
    client = run(adit, "uotp-client", "--help").stdout
    for default in "127.0.0.1", "8911", "120", "8", "5", "4", "info":
        assert re.search(rf"default:\s+{re.escape(default)}\)", client)
    server = run(adit, "uotp-server", "--help").stdout
    for default in "0.0.0.0", "8443", "info":
        assert re.search(rf"default:\s+{re.escape(default)}\)", server)


def test_without_arguments_the_help_is_an_error(adit):
    done = run(adit, status=2)
    assert done.stdout == "" and "usage:" in done.stderr


@pytest.mark.parametrize("command", [[]] + [[c] for c in COMMANDS
                                            if c != "help"])
def test_version_is_told(adit, command):
    shown = run(adit, *command, "--version").stdout
    assert re.fullmatch(r"adit \d+\.\d+\S*\n", shown)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "help"])
def test_commands_that_errors_advise_can_be_typed(adit, command):
    line = refused(adit, command, "--frob", status=2, says="--frob")
    for advised in re.findall(r"`(.*?)`", line):
        assert advised.startswith("adit "), advised


def test_unknown_command_and_topic_are_named(adit):
    refused(adit, "frob", status=2, says='"frob"')
    refused(adit, "help", "frob", status=2, says='"frob"')


@pytest.mark.parametrize("typed,meant", [
    ("tunel", "tunnel"), ("uotp-sevrer", "uotp-server"), ("pings", "ping")])
def test_mistyped_command_is_guessed(adit, typed, meant):
    refused(adit, typed, status=2, says=rf"did you mean {meant}\?")


def test_the_program_finds_its_command_by_the_name_it_is_called_by(names):
    for name in "uotp-server", "uotp-client":
        shown = run(names / name, "--help").stdout
        assert shown.startswith(f"usage: {name} ")


# --- The options of uotp-client and uotp-server -----------------------------

CLIENT_ERRORS = [
    (["--frob", "a", "1"], r"--frob"),
    (["-x", "a", "1"], r"-x"),
    (["--no", "a", "1"], r"--no.*ambiguous.*--no-tls.*--no-hostname-check"),
    (["--bind-p", "x", "a", "1"], r'--bind-port.*"x".*1 to 65535'),
    (["-p0", "a", "1"], r'-p.*"0".*1 to 65535'),
    (["-p", "65536", "a", "1"], r'-p.*"65536".*1 to 65535'),
    (["-p", "-1", "a", "1"], r"-p.*1 to 65535"),
    (["a", "0"], r"1 to 65535"),
    (["a", "65536"], r"1 to 65535"),
    (["a", "http"], r"1 to 65535"),
    (["a"], r"host and a port"),
    (["a:0"], r"1 to 65535"),
    (["a:65536"], r"65535"),
    (["a:b"], r"port"),
    ([":1"], r"host"),
    (["::1:443"], r"\["),
    ([], r"host and a port"),
    (["", "1"], r"host"),
    (["a", "1", "2"], r'"2"'),
    (["a", "1", "-p"], r"-p.*value"),
    (["-v", "loud", "a", "1"], r'-v.*"loud".*debug'),
    (["--no-hostname-check", "a", "1"], r"--cafile"),
    (["-C", "x", "--no-hostname-check", "--tls-servername", "y", "a", "1"],
     r"--no-hostname-check.*--tls-servername"),
    (["--tls-servername", "", "a", "1"], r"--tls-servername"),
    (["-m", "0x100000000", "a", "1"], r"-m.*32-bit"),
    (["-m", "-1", "a", "1"], r"-m"),
    (["-m", "blue", "a", "1"], r"-m.*blue"),
    (["-e", "0", "a", "1"], r'-e.*"0"'),
    (["-e", "-1", "a", "1"], r"-e"),
    (["-e", "soon", "a", "1"], r'-e.*"soon"'),
    (["-e", "nan", "a", "1"], r'-e.*"nan"'),
    (["-n", "0", "a", "1"], r'-n.*"0"'),
    (["-n", "1.5", "a", "1"], r'-n.*"1.5"'),
    (["-B", "0", "a", "1"], r'-B.*"0"'),
    (["-w", "0", "a", "1"], r'-w.*"0"'),
    (["--no-tls=yes", "a", "1"], r"--no-tls"),
    (["-l", "/nowhere/log", "a", "1"], r"/nowhere/log.*No such file"),
    (["-C", "/nowhere", "a", "1"], r"/nowhere.*No such file"),
    (["-c", "/nowhere", "-C", "/nowhere", "a", "1"],
     r"/nowhere.*No such file"),
]


@pytest.mark.parametrize("args,says", CLIENT_ERRORS,
                         ids=lambda x: " ".join(x) if isinstance(x, list)
                         else "")
def test_client_refuses_in_one_line(names, args, says):
    line = refused(names / "uotp-client", *args, status=2, says=says)
    assert line.startswith("uotp-client: ")


SERVER_ERRORS = [
    (["a", "1"], r"--cert.*--key"),
    (["-c", "x", "a", "1"], r"--key"),
    (["-k", "x", "a", "1"], r"--cert"),
    (["--no-tls", "-p", "0", "a", "1"], r"1 to 65535"),
    (["--no-tls", "a"], r"host and a port"),
    (["--no-tls", "-e", "5", "a", "1"], r"-e"),
    (["-c", "/nowhere", "-k", "/nowhere", "a", "1"], r"/nowhere"),
]


@pytest.mark.parametrize("args,says", SERVER_ERRORS,
                         ids=lambda x: " ".join(x) if isinstance(x, list)
                         else "")
def test_server_refuses_in_one_line(names, args, says):
    line = refused(names / "uotp-server", *args, status=2, says=says)
    assert line.startswith("uotp-server: ")


@pytest.mark.parametrize("spelling", [
    ["--bind-port", "PORT", "127.0.0.1", "1"],
    ["--bind-port=PORT", "127.0.0.1", "1"],
    ["--bind-p", "PORT", "127.0.0.1", "1"],
    ["--bind-p=PORT", "127.0.0.1", "1"],
    ["-p", "PORT", "127.0.0.1", "1"],
    ["-pPORT", "127.0.0.1", "1"],
    ["127.0.0.1", "1", "-p", "PORT"],
    ["127.0.0.1", "-p", "PORT", "1"],
    ["-p", "PORT", "--", "127.0.0.1", "1"],
    ["-p", "1", "-p", "PORT", "127.0.0.1", "1"],
], ids=" ".join)
def test_argparse_spellings_are_taken(start, names, spelling):
    port = str(free_port())
    args = [word.replace("PORT", port) for word in spelling]
    p = start(names / "uotp-client", "--no-tls", *args)
    p.wait(READY)
    assert f"listening on 127.0.0.1:{port}" in p.text()


def test_files_without_a_use_are_told(start, names):
    p = start(names / "uotp-server", "--no-tls", "-c", "a", "-k", "b", "-a",
              "127.0.0.1", "-p", free_port(), "127.0.0.1", 1)
    p.wait(READY)
    assert "--no-tls: certificates and keys are not used" in p.text()


@pytest.mark.parametrize("value", ["0", "1", "51820", "0xca6c", "0o77",
                                   "0b101", "4294967295"])
def test_mark_takes_every_base(names, value):
    # It is read before what is wrong here.
    refused(names / "uotp-client", "-m", value, "-p", "0", "a", "1",
            status=2, says="-p")


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error", "fatal",
                                   "crit"])
def test_verbosity_takes_the_words_of_the_original(start, names, level):
    port = free_port()
    p = start(names / "uotp-client", "--no-tls", "-p", port, "-v", level,
              "127.0.0.1", 1)
    harness.until("it listens", lambda: listens_udp(port))
    if level in ("debug", "info"):
        p.wait(READY)
    else:
        assert p.text() == ""


def listens_udp(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.bind(("127.0.0.1", port))
            return False
        except OSError:
            return True


def test_fractions_of_seconds_are_taken(start, names):
    start(names / "uotp-client", "--no-tls", "-p", free_port(), "-e", "0.5",
          "-B", "1.25", "-w", ".75", "127.0.0.1", 1).wait(READY)


def test_key_without_certificate_is_ignored_by_the_client(start, names,
                                                          certs):
    p = start(names / "uotp-client", "-p", free_port(), "-k", "/nowhere",
              "-C", certs / "ca.pem", "127.0.0.1", 1)
    p.wait(READY)


def test_host_and_port_may_be_one_argument(start, names, echo, udp):
    port, local = free_port(), free_port()
    start(names / "uotp-server", "--no-tls", "-a", "127.0.0.1", "-p", port,
          f"127.0.0.1:{echo}").wait(READY)
    start(names / "uotp-client", "--no-tls", "-p", local,
          f"localhost:{port}").wait(READY)
    assert udp(local).ask(b"hello") == b"hello"


def test_defaults_are_those_of_the_original(start, names, certs):
    """8911 and 8443; the client on 127.0.0.1, the server on 0.0.0.0."""
    client = start(*harness.alone(
        names / "uotp-client", "-C", certs / "ca.pem", "127.0.0.1", 8443))
    client.wait(READY)
    assert "listening on 127.0.0.1:8911" in client.text()
    server = start(*harness.alone(
        names / "uotp-server", "-c", certs / "server.pem", "-k",
        certs / "server.key", "127.0.0.1", 1))
    server.wait(READY)
    assert "listening on 0.0.0.0:8443" in server.text()


def test_server_listens_on_all_addresses_of_a_name(start, names):
    if not harness.has_ipv6():
        pytest.skip("this machine has no IPv6")
    found = {a[4][0] for a in socket.getaddrinfo("localhost", 1)}
    port = free_port()
    p = start(names / "uotp-server", "--no-tls", "-a", "localhost", "-p",
              port, "127.0.0.1", 1)
    p.wait(READY)
    for host in found:
        with socket.create_connection((host, port), 5):
            pass


# --- adit tunnel ------------------------------------------------------------

UL, U = "udp-listen:127.0.0.1:9", "udp:127.0.0.1:9"
TUNNEL_ERRORS = [
    ([], r"LEFT and RIGHT"),
    ([UL], r"LEFT and RIGHT"),
    ([UL, U, U], r"too many"),
    (["a", U], r'"a".*KIND:HOST:PORT'),
    (["frob:1", U], r"frob.*--help"),
    (["udp-lisen:127.0.0.1:9", U], r"did you mean udp-listen\?"),
    ([UL, "tsl:127.0.0.1:9"], r"did you mean tls\?"),
    ([U, UL], r"udp:127.*RIGHT"),
    ([UL, UL], r"LEFT"),
    (["udp-listen:127.0.0.1:99999", U], r"99999"),
    (["udp-listen:127.0.0.1", U], r"port"),
    ([UL, "udp::5"], r"host"),
    ([UL + ",frob=1", U], r"frob.*rcvbuf"),
    ([UL, "tcp:a:1,pool=0"], r'pool.*"0".*1 to'),
    ([UL, "tcp:a:1,pool="], r"pool"),
    ([UL, "tcp:a:1,timeout=x"], r'timeout.*"x"'),
    ([UL, "tcp:a:1,pool=1,,pool=2"], r"pool"),
    ([UL, "tls:a:1,no-name-check"], r"cafile"),
    ([UL, "tls:a:1,name="], r"name:.*empty"),
    ([UL, "tls:a:1,cafile=x,name=y,no-name-check"], r"no-name-check"),
    (["tls-listen:127.0.0.1:9", U], r"certificate"),
    (["--idle", "-1", UL, U], r"--idle"),
    (["--stale-mode", "none", UL, U], r"--stale-mode.*both"),
    (["--poller", "frob", UL, U], r"--poller.*frob"),
    (["--syslog=frob", UL, U], r"--syslog.*frob.*daemon"),
    (["--user", "no-such-user", UL, U], r"--user.*no-such-user"),
    (["--group", "no-such-group", UL, U], r"--group.*no-such-group"),
    (["--chroot", "/nowhere", UL, U], r"--chroot.*/nowhere"),
]


@pytest.mark.parametrize("args,says", TUNNEL_ERRORS,
                         ids=lambda x: " ".join(x) if isinstance(x, list)
                         else "")
def test_tunnel_refuses_in_one_line(adit, args, says):
    line = refused(adit, "tunnel", *args, status=2, says=says)
    assert line.startswith("adit: ")


# A supervisor does not try again after 2, but the name may be known soon.
@pytest.mark.parametrize("left", ["udp-listen:nowhere.invalid:53",
                                  "tcp-listen:nowhere.invalid:53"])
def test_a_name_that_is_not_known_yet_exits_1(adit, left):
    refused(adit, "tunnel", left, U, status=1, says=r"cannot listen")


# --- adit gencert -----------------------------------------------------------

FILES = ["ca.key", "ca.pem", "client.key", "client.pem", "server.key",
         "server.pem"]


def test_gencert_writes_six_files_with_private_keys(adit, tmp_path):
    run(adit, "gencert", "vpn.example.com", "192.0.2.1", "2001:db8::1",
        cwd=tmp_path)
    assert sorted(os.listdir(tmp_path)) == FILES
    for name in FILES:
        mode = stat.S_IMODE((tmp_path / name).stat().st_mode)
        assert (mode == 0o600) == name.endswith(".key"), (name, oct(mode))


def test_gencert_keeps_keys_private_under_any_umask(adit, tmp_path):
    run(adit, "gencert", "-d", tmp_path / "new", "a.example",
        preexec_fn=lambda: os.umask(0))
    for name in "ca.key", "server.key", "client.key":
        mode = stat.S_IMODE((tmp_path / "new" / name).stat().st_mode)
        assert mode == 0o600, name


def test_gencert_uses_a_ca_that_is_there(adit, tmp_path):
    run(adit, "gencert", "-d", tmp_path, "a.example")
    before = {n: (tmp_path / n).read_bytes() for n in FILES}
    refused(adit, "gencert", "-d", tmp_path, "b.example", status=2,
            says=r"--force")
    run(adit, "gencert", "--force", "-d", tmp_path, "b.example")
    after = {n: (tmp_path / n).read_bytes() for n in FILES}
    assert before["ca.pem"] == after["ca.pem"]
    assert before["ca.key"] == after["ca.key"]
    assert before["server.pem"] != after["server.pem"]


def test_gencert_makes_clients_of_a_name(adit, tmp_path):
    refused(adit, "gencert", "-d", tmp_path, "client", "alice", status=2,
            says=r"no CA yet")
    run(adit, "gencert", "-d", tmp_path, "a.example")
    run(adit, "gencert", "-d", tmp_path, "client", "alice", "bob@b.example")
    for name in "alice", "bob@b.example":
        key = tmp_path / f"{name}.key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        if shutil.which("openssl"):
            pem = tmp_path / f"{name}.pem"
            said = subprocess.run(
                ["openssl", "verify", "-purpose", "sslclient", "-CAfile",
                 tmp_path / "ca.pem", pem], capture_output=True, text=True)
            assert said.returncode == 0, said
            said = subprocess.run(
                ["openssl", "x509", "-noout", "-subject", "-in", pem],
                capture_output=True, text=True)
            assert said.stdout.split("=")[-1].strip() == name
    before = (tmp_path / "alice.key").read_bytes()
    refused(adit, "gencert", "-d", tmp_path, "client", "bob", "alice",
            status=2, says=r"alice\.pem exists already")
    assert not (tmp_path / "bob.pem").exists()
    assert (tmp_path / "alice.key").read_bytes() == before
    before = (tmp_path / "ca.key").read_bytes()
    for name in ("../x", "ca", "CA", "server", "Server", ".x", "a" * 65, "a b",
                 ""):
        refused(adit, "gencert", "-f", "-d", tmp_path, "client", name,
                status=2, says="no name for a client")
    assert (tmp_path / "ca.key").read_bytes() == before
    # One file on a system that ignores case.
    refused(adit, "gencert", "-d", tmp_path, "client", "eve", "Eve", status=2,
            says=r'"Eve" is the name of two clients')
    assert not (tmp_path / "eve.pem").exists()
    refused(adit, "gencert", "client", status=2, says="names of the clients")


def test_gencert_does_not_write_through_links(adit, tmp_path):
    run(adit, "gencert", "-d", tmp_path / "a", "a.example")
    other = tmp_path / "other"
    other.write_text("precious")
    for name in "server.pem", "server.key", "client.pem", "client.key":
        path = tmp_path / "a" / name
        for target in other, tmp_path / "nowhere":
            path.unlink()
            path.symlink_to(target)
            refused(adit, "gencert", "-f", "-d", tmp_path / "a", "a.example",
                    status=2, says=rf"{name} is a symbolic link")
        path.unlink()
        path.write_text("")
    assert other.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("day,says", [
    ("1970-01-02", r"the clock says 1970-01-02, .* before this release"),
    ("2026-01-01", r"before this release"),
])
def test_gencert_refuses_a_clock_that_is_wrong(adit, tmp_path, day, says):
    harness.need("faketime")
    refused("faketime", f"{day} 00:00:00", adit, "gencert", "-d", tmp_path,
            "a.example", status=2, says=says)


def test_gencert_refuses_a_clock_before_its_ca(adit, tmp_path):
    harness.need("openssl")
    ca = pki.CA(tmp_path, "Later CA", first=5)
    shutil.rmtree(tmp_path / "ca")
    assert ca.pem == tmp_path / "ca.pem"
    refused(adit, "gencert", "-f", "-d", tmp_path, "a.example", status=2,
            says=r"ca\.pem is valid from .* on.*set the clock")


def test_gencert_refuses_half_a_ca(adit, tmp_path):
    run(adit, "gencert", "-d", tmp_path, "a.example")
    (tmp_path / "ca.key").unlink()
    refused(adit, "gencert", "-f", "-d", tmp_path, "a.example", status=2,
            says=r"ca\.key")


def test_gencert_refuses_a_damaged_ca(adit, tmp_path):
    run(adit, "gencert", "-d", tmp_path, "a.example")
    (tmp_path / "ca.pem").write_text("frob")
    refused(adit, "gencert", "-f", "-d", tmp_path, "a.example", status=2,
            says=r"ca\.pem")


@pytest.mark.parametrize("name", ["", "a b", "a..b", "-a", "x" * 300,
                                  "1.2.3.4.5:6", "a\nb"])
def test_gencert_refuses_what_is_no_name(adit, tmp_path, name):
    refused(adit, "gencert", "-d", tmp_path, "--", name, status=2, says=".")
    assert os.listdir(tmp_path) == []


def test_gencert_says_which_commands_to_use(adit, tmp_path):
    said = run(adit, "gencert", "-d", tmp_path, "vpn.example.com").stdout
    assert "adit uotp-server" in said and "adit uotp-client" in said
    assert "vpn.example.com" in said


# --- adit echo and ping -----------------------------------------------------

def test_ping_without_an_answer_exits_1(adit):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        done = run(adit, "ping", "-c", "3", "-r", "100", "-w", "0.1",
                   f"127.0.0.1:{deaf.getsockname()[1]}", status=1)
    assert "sent 3, received 0, lost 3 (100.00 %)" in done.stdout
    assert "nothing came back" in done.stderr


def test_ping_to_a_closed_port_says_so_and_exits_1(adit):
    done = run(adit, "ping", "-c", "3", "-r", "100", "-w", "0.1",
               f"127.0.0.1:{free_port()}", status=1)
    assert "refused" in done.stderr


def test_ping_tells_statistics(adit, echo):
    done = run(adit, "ping", "-c", "100", "-r", "1000", f"127.0.0.1:{echo}")
    assert "sent 100, received 100, lost 0 (0.00 %)" in done.stdout
    assert re.search(r"min [\d.]+ p50 [\d.]+ p90 [\d.]+ p99 [\d.]+ "
                     r"max [\d.]+", done.stdout)
    assert done.stderr == ""


def test_ping_writes_json(adit, echo):
    done = run(adit, "ping", "--json", "-c", "50", "-r", "1000", "-s", "1000",
               "--flows", "5", f"127.0.0.1:{echo}")
    sums = json.loads(done.stdout)
    assert len(done.stdout.splitlines()) == 1
    wanted = dict(sent=50, received=50, lost=0, size=1000, flows=5,
                  reordered=0, duplicates=0, corrupt=0)
    assert {k: sums[k] for k in wanted} == wanted
    rtt = [sums["rtt_ms"][k] for k in ("min", "p50", "p90", "p99", "max")]
    assert rtt == sorted(rtt) and rtt[0] > 0


def test_ping_writes_json_when_nothing_came_back(adit):
    done = run(adit, "ping", "--json", "-c", "1", "-w", "0.05",
               f"127.0.0.1:{free_port()}", status=1)
    sums = json.loads(done.stdout)
    assert sums["received"] == 0 and sums["rtt_ms"] is None


class Crooked(harness.threading.Thread):
    """Answers datagrams as it likes: fn(number, data) is a list of them."""

    def __init__(self, fn):
        super().__init__(daemon=True)
        self.fn = fn
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def run(self):
        number = 0
        while True:
            try:
                data, peer = self.socket.recvfrom(70000)
                if data == b"end":
                    break
                for answer in self.fn(number, data):
                    self.socket.sendto(answer, peer)
                number += 1
            except ConnectionRefusedError:
                pass
        self.socket.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        with harness.Udp(self.port) as s:
            s.send(b"end")
        self.join()


def ping_crooked(adit, fn, *more, wait_s=PATIENCE):
    """It ends when all is back, or after that time of silence."""
    with Crooked(fn) as peer:
        done = run(adit, "ping", "--json", "-c", "100", "-r", "2000", "-w",
                   wait_s, *more, f"127.0.0.1:{peer.port}",
                   timeout=2 * PATIENCE)
    return json.loads(done.stdout)


LAST_S = 2      # for what comes late, where some never comes


def test_ping_counts_losses(adit):
    sums = ping_crooked(adit, lambda n, d: [] if n % 10 == 3 else [d],
                        wait_s=LAST_S)
    assert (sums["received"], sums["lost"]) == (90, 10)
    assert sums["loss_percent"] == 10


def test_ping_counts_duplicates(adit):
    sums = ping_crooked(adit, lambda n, d: [d, d] if n % 10 == 0 else [d])
    assert (sums["received"], sums["duplicates"]) == (100, 10)


def test_ping_counts_reordering(adit):
    held = []

    def swap(n, data):
        if n % 10 == 0:
            held.append(data)
            return []
        if n % 10 == 1:
            return [data, held.pop()]
        return [data]

    sums = ping_crooked(adit, swap)
    assert (sums["received"], sums["reordered"]) == (100, 10)


def test_ping_counts_damage(adit):
    def damage(n, data):
        return [data[:-1] + bytes([data[-1] ^ 1])] if n % 10 == 0 else [data]

    sums = ping_crooked(adit, damage, "-s", "200", wait_s=LAST_S)
    assert (sums["received"], sums["corrupt"]) == (90, 10)


def test_ping_ends_after_its_time(adit, echo):
    def sent():
        sums = json.loads(run(adit, "ping", "--json", "-t", "0.5", "-r",
                              "100", f"127.0.0.1:{echo}").stdout)
        assert sums["received"] == sums["sent"] <= 51
        return sums["sent"]

    # What is due while the system lets it wait for 0.1 s is not sent.
    until("nothing held it up", lambda: sent() >= 45)


def test_ping_tells_its_sums_on_ctrl_c(start, echo):
    p = start("ping", "-r", "100", f"127.0.0.1:{echo}")
    p.wait("Ctrl-C")
    assert p.stop(signal.SIGINT) in (0, 1)
    assert "sent" in p.text()


def test_ping_shows_progress_on_a_terminal(adit, echo):
    def sent():
        parent, child = os.openpty()
        p = subprocess.Popen([adit, "ping", "-t", "1.5", "-r", "50",
                              f"127.0.0.1:{echo}"], stdin=child, stdout=child,
                             stderr=child, close_fds=True)
        os.close(child)
        shown = b""
        try:
            while True:
                shown += os.read(parent, 4096)
        except OSError:         # the other side is closed
            pass
        os.close(parent)
        assert p.wait(PATIENCE) == 0
        assert b"\r" in shown.replace(b"\r\n", b"")
        sent, received = re.search(rb"sent (\d+), received (\d+), lost 0",
                                   shown).groups()
        assert sent == received and int(sent) <= 76
        return int(sent)

    until("nothing held it up", lambda: sent() >= 60)


@pytest.mark.parametrize("size", [1, 8, 15, 16, 23, 24, 31, 32, 65507])
def test_ping_takes_small_and_large_sizes_or_says_the_least(adit, echo, size):
    done = subprocess.run(
        [adit, "ping", "-c", "2", "-r", "100", "-s", str(size),
         f"127.0.0.1:{echo}"], capture_output=True, text=True, timeout=20)
    if done.returncode == 2:
        assert size < 32 and re.search(r"to 65507", done.stderr)
    else:
        assert done.returncode == 0 and "received 2" in done.stdout


@pytest.mark.parametrize("args,says", [
    ([], r"HOST:PORT"),
    (["127.0.0.1"], r"HOST:PORT"),
    (["127.0.0.1:0"], r"port"),
    (["127.0.0.1:1", "x"], r'"x"'),
    (["-s", "65508", "127.0.0.1:1"], r"-s.*65507"),
    (["-r", "0", "127.0.0.1:1"], r"-r"),
    (["-c", "x", "127.0.0.1:1"], r"-c"),
    (["--frob", "127.0.0.1:1"], r"--frob"),
], ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_ping_refuses_in_one_line(adit, args, says):
    refused(adit, "ping", *args, status=2, says=says)


@pytest.mark.parametrize("at", [":{port}", "0.0.0.0:{port}",
                                "localhost:{port}"])
def test_echo_listens_where_it_is_told(start, at):
    port = free_port()
    start("echo", at.format(port=port)).wait("listening on")
    with harness.Udp(port) as s:
        assert s.ask(b"hello") == b"hello"


def test_echo_listens_on_127_0_0_1_7007_by_itself(start, adit):
    start(*harness.alone(adit, "echo")).wait(
        r"listening on 127\.0\.0\.1:7007")


def test_echo_on_a_wildcard_answers_from_the_address_that_was_asked(start):
    port = free_port()
    start("echo", f":{port}").wait("listening on")
    for host in "127.0.0.1", "127.0.0.2":
        with harness.Udp(port, host) as s:
            assert s.ask(b"hello") == b"hello"
    if harness.has_ipv6():
        with harness.Udp(port, "::1") as s:
            assert s.ask(b"hello") == b"hello"


def test_echo_answers_empty_and_largest_datagrams(echo, udp):
    s = udp(echo)
    for size in 0, 1, 65507:
        assert s.ask(b"x" * size) == b"x" * size


def test_echo_and_a_second_echo_fall_silent(echo, udp):
    s, rounds = udp(echo), 0
    s.send(b"round and round")
    s.settimeout(1)
    try:
        while rounds < 10000:
            s.send(s.recv(100))
            rounds += 1
    except TimeoutError:
        pass
    assert 200 < rounds < 300


def test_echo_does_not_answer_its_own_port(start):
    port = free_port()
    p = start("echo", f"127.0.0.1:{port}")
    p.wait("listening on")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.2", port))
        s.sendto(b"hello", ("127.0.0.1", port))
        p.wait("not answered: its source port is this one")
        s.settimeout(0.2)
        with pytest.raises(TimeoutError):
            s.recv(10)


def test_echo_tells_on_ctrl_c_what_it_did(start, udp):
    port = free_port()
    p = start("echo", f"127.0.0.1:{port}")
    p.wait("listening on")
    udp(port).ask(b"hello")
    assert p.stop(signal.SIGINT) == 0
    assert "answered 1 datagrams, 5 bytes" in p.text()


@pytest.mark.parametrize("args", [["frob"], ["127.0.0.1"], ["--frob"],
                                  ["127.0.0.1:99999"]], ids=" ".join)
def test_echo_refuses_in_one_line(adit, args):
    refused(adit, "echo", *args, status=2, says=args[0])


def test_echo_says_that_its_port_is_in_use(adit, echo):
    refused(adit, "echo", f"127.0.0.1:{echo}", status=1,
            says=rf"127\.0\.0\.1:{echo}.*in use")
