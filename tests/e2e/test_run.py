# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit run, check and convert: many tunnels of one configuration file."""

import os
import re
import signal
import socket
import sys

import pytest

from harness import READY, Udp, free_port, run, until

KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture
def conf(tmp_path):
    """Writes a configuration file."""
    def conf(text, name="adit.conf"):
        path = tmp_path / name
        path.write_text(text)
        return path
    return conf


def tunnel(name, left, right, *more):
    return "\n".join([f"[tunnel {name}]", f"left = {left}",
                      f"right = {right}", *more, ""])


def udp_tunnel(name, port, to):
    return tunnel(name, f"udp-listen:127.0.0.1:{port}", f"udp:127.0.0.1:{to}")


def check(adit, path, status=0):
    return run(adit, "check", "-c", path, status=status)


# --- adit run ---------------------------------------------------------------

def test_each_tunnel_of_a_file_carries_datagrams(adit, start, conf, echo):
    """Two carriers and their servers, in one process."""
    ports = [free_port() for _ in range(4)]
    a, b, tcp, dtls = ports
    path = conf("[defaults]\nidle = 60\n" +
                tunnel("a", f"udp-listen:127.0.0.1:{a}",
                       f"tcp:127.0.0.1:{tcp}", "right.pool = 2") +
                tunnel("a-server", f"tcp-listen:127.0.0.1:{tcp}",
                       f"udp:127.0.0.1:{echo}") +
                tunnel("b", f"udp-listen:127.0.0.1:{b}",
                       f"dtls:127.0.0.1:{dtls}", f"right.psk = {KEY}") +
                tunnel("b-server", f"dtls-listen:127.0.0.1:{dtls}",
                       f"udp:127.0.0.1:{echo}", f"left.psk = {KEY}"))
    process = start(adit, "run", "-c", path)
    process.wait(READY, count=4)
    for port in a, b:
        with Udp(port) as u:
            assert u.ask(b"hello") == b"hello"
            assert u.ask(b"x" * 9000) == b"x" * 9000
    process.send_signal(signal.SIGUSR1)
    for name in "a", "a-server", "b", "b-server":
        process.wait(rf": {name}: .* to .*: ready$")
        process.wait(rf": {name}: .* to .*: \d+ flows now, 1 in all")
    assert process.stop() == 0
    flows = [line for line in process.lines if "flow 1:" in line]
    assert flows
    for line in flows:
        assert re.search(r" adit: (a|b|a-server|b-server): flow 1: ", line)


def test_looked_up_names_do_not_change_whom_a_line_is_about(
        adit, start, conf):
    """Nobody listens at either port: each tunnel says so of its own."""
    a, b = free_port(), free_port()
    path = conf("".join(
        tunnel(name, f"udp-listen:127.0.0.1:{port}",
               f"tcp:localhost:{free_port()}")
        for name, port in (("first", a), ("second", b))))
    process = start(adit, "run", "-c", path, "-v", "debug")
    process.wait(READY, count=2)
    targets = dict(re.search(r": (first|second): udp-listen.* to tcp:"
                             r"localhost:(\d+): ready$", line).groups()
                   for line in process.lines if "ready" in line)
    for port in a, b:
        with Udp(port) as u:
            u.send(b"x")
    for name, port in targets.items():
        process.wait(rf" {name}: tcp:localhost:{port}: cannot connect",
                     count=3)
    for line in process.lines:
        for name, port in targets.items():
            if f"tcp:localhost:{port}" in line:
                assert f"adit: {name}: " in line, line


def test_faulty_tunnels_do_not_keep_others_from_running(
        adit, start, conf, echo):
    good, taken = free_port(), free_port()
    path = conf(udp_tunnel("good", good, echo) +
                udp_tunnel("taken", taken, echo) +
                udp_tunnel("wrong", free_port(), echo) + "idel = 3\n" +
                tunnel("secret", f"udp-listen:127.0.0.1:{free_port()}",
                       f"dtls:127.0.0.1:{echo}",
                       "right.psk = env:NO_SUCH_VARIABLE"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", taken))
        process = start(adit, "run", "-c", path)
        process.wait(r" good: .*: ready$")
    process.wait(r"ERROR .*line 10: idel: no such key; did you mean idle\?")
    process.wait(r"ERROR .*: right\.psk: env:NO_SUCH_VARIABLE: there is no")
    process.wait(rf"ERROR .*tunnel taken does not run: udp-listen:127\.0\."
                 rf"0\.1:{taken}: cannot listen: .*in use")
    with Udp(good) as u:
        assert u.ask(b"hello") == b"hello"
    assert process.stop() == 0


def test_strict_keeps_all_from_running(adit, conf, echo):
    text = (udp_tunnel("good", free_port(), echo) +
            udp_tunnel("wrong", free_port(), echo) + "idel = 3\n")
    done = run(adit, "run", "-c", conf("[daemon]\nstrict = yes\n" + text),
               status=2)
    assert "idel: no such key" in done.stderr
    text = (udp_tunnel("good", free_port(), echo) +
            udp_tunnel("bad", echo, echo))
    done = run(adit, "run", "-c", conf("[daemon]\nstrict = yes\n" + text),
               status=1)
    assert "in use" in done.stderr


def test_a_fault_of_the_process_keeps_all_from_running(adit, conf, echo):
    path = conf("[daemon]\nusr = nobody\n" +
                udp_tunnel("a", free_port(), echo))
    done = run(adit, "run", "-c", path, status=2)
    assert "line 2: usr: no such key; did you mean user?" in done.stderr


def test_a_single_tunnel_is_not_named_and_fails_as_one_does(
        adit, start, conf, echo):
    port = free_port()
    process = start(adit, "run", "-c", conf(udp_tunnel("lone", port, echo)))
    process.wait(READY)
    with Udp(port) as u:
        assert u.ask(b"hello") == b"hello"
    assert process.stop() == 0
    assert not re.search(r"\blone\b", process.text())
    done = run(adit, "run", "-c", conf(udp_tunnel("lone", echo, echo)),
               status=1)
    assert "in use" in done.stderr


def test_a_file_that_is_not_there_is_named(adit, tmp_path):
    done = run(adit, "run", "-c", tmp_path / "none", status=2)
    assert f"{tmp_path}/none: No such file" in done.stderr


def test_the_command_line_replaces_keys_of_the_process(
        adit, start, conf, tmp_path, echo):
    path = conf(f"[daemon]\nverbosity = error\nlogfile = {tmp_path}/x.log\n" +
                udp_tunnel("a", free_port(), echo))
    start(adit, "run", "-c", path, "-v", "info", "-l", tmp_path / "y.log")
    until("there is a log", lambda: (tmp_path / "y.log").exists() and
          "ready" in (tmp_path / "y.log").read_text())
    assert not (tmp_path / "x.log").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")
def test_secrets_come_from_where_they_are_and_leave_the_environment(
        adit, start, conf, tmp_path, echo):
    """One key, as a file, a variable and a descriptor."""
    port, other, dtls = (free_port() for _ in range(3))
    (tmp_path / "key").write_text(KEY + "\n")
    server = start(adit, "run", "-c", conf(
        tunnel("server", f"dtls-listen:127.0.0.1:{dtls}",
               f"udp:127.0.0.1:{echo}", f"left.psk = file:{tmp_path}/key"),
        "server.conf"))
    server.wait(READY)
    key = os.open(tmp_path / "key", os.O_RDONLY)
    clients = start(adit, "run", "-c", conf(
        "[tunnel a]\npreset = dtlspipe\npsk = env:TUNNEL_KEY\n"
        f"arguments = client 127.0.0.1:{port} 127.0.0.1:{dtls}\n" +
        tunnel("b", f"udp-listen:127.0.0.1:{other}",
               f"dtls:127.0.0.1:{dtls}", f"right.psk = fd:{key}"),
        "client.conf"), env={**os.environ, "TUNNEL_KEY": KEY},
        pass_fds=[key])
    os.close(key)
    clients.wait(READY, count=2)
    for at in port, other:
        with Udp(at) as u:
            assert u.ask(b"hello") == b"hello"
    with open(f"/proc/{clients.pid}/environ", "rb") as f:
        assert KEY.encode() not in f.read()


# --- adit check -------------------------------------------------------------

def test_check_prints_what_it_accepts(adit, conf):
    path = conf(udp_tunnel("a", 1, 2) +
                "[tunnel b]\npreset = uotp-client\narguments = h 8443\n")
    printed = check(adit, path).stdout
    assert "[tunnel a]" in printed and "right = tls:h:8443" in printed
    assert check(adit, conf(printed, "again.conf")).stdout == printed


def test_check_names_each_problem_with_its_line(adit, conf):
    path = conf("[daemon]\nusr = x\n" + udp_tunnel("a", 1, 2) +
                "idle = x\nright.pool = 3\n")
    done = check(adit, path, status=2)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert [re.search(r": line (\d+): ", line)[1] for line in lines[:-1]] \
        == ["2", "6", "7"]
    assert lines[-1] == "adit check: 3 problems"


def test_check_reads_included_files(adit, conf, tmp_path):
    (tmp_path / "conf.d").mkdir()
    conf(udp_tunnel("b", 3, 2), "conf.d/b.conf")
    conf(udp_tunnel("c", 4, 2) + "bad\n", "conf.d/c.conf")
    path = conf("include = conf.d/*.conf\n" + udp_tunnel("a", 1, 2))
    done = check(adit, path, status=2)
    assert f"{tmp_path}/conf.d/c.conf: line 4: " in done.stderr
    conf(udp_tunnel("c", 4, 2), "conf.d/c.conf")
    printed = check(adit, path).stdout
    assert re.findall(r"\[tunnel (.)\]", printed) == ["a", "b", "c"]


def test_check_shows_no_secret(adit, conf):
    path = conf(tunnel("a", "udp-listen:127.0.0.1:1", "dtls:h:2",
                       "right.psk = " + KEY))
    printed = check(adit, path).stdout
    assert KEY not in printed and "right.psk is set" in printed


def test_a_file_with_a_key_that_others_can_read_is_warned_of(
        adit, conf, tmp_path):
    (tmp_path / "d").mkdir()
    client = ["tun:", "dtls:h:2"]
    conf(tunnel("b", *client, "right.psk = file:/x"), "d/b.conf")
    path = conf("include = d/*.conf\n" +
                tunnel("a", *client, "right.psk = " + KEY) +
                tunnel("c", *client, "right.psk = " + KEY))
    path.chmod(0o600)
    assert "WARNING" not in check(adit, path).stderr
    path.chmod(0o644)
    (tmp_path / "d/b.conf").chmod(0o644)
    warned = [line for line in check(adit, path).stderr.splitlines()
              if "WARNING" in line]
    assert len(warned) == 1
    assert f"{path}: a key is in this file, which others can read" \
        in warned[0]


# --- adit convert -----------------------------------------------------------

LINES = [
    ["uotp-client", "-v", "debug", "--pool-size", "3", "h", "8443"],
    ["uotp-server", "--no-tls", "127.0.0.1", "53"],
    ["uott", "client", "127.0.0.1:5", "h:6"],
    ["tunnel", "--idle", "9", "udp-listen::1,rcvbuf=64k", "udp:h:2"],
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_check_accepts_what_convert_prints(adit, conf, line):
    section = run(adit, "convert", *line).stdout
    check(adit, conf(section))


def test_convert_keeps_a_key_of_the_environment_there(adit, conf):
    env = {**os.environ, "DTLSPIPE_PSK": KEY}
    line = ["dtlspipe", "server", "127.0.0.1:1", "h:2"]
    section = run(adit, "convert", *line, env=env).stdout
    assert KEY not in section and "left.psk = env:DTLSPIPE_PSK" in section
    check(adit, conf(section))
    section = run(adit, "convert", "dtlspipe", "-psk", KEY, *line[1:]).stdout
    assert f"left.psk = {KEY}" in section


def test_convert_reads_the_file_of_udptunnel(adit, conf, tmp_path):
    conf('{"TunnelAddress": "10.0.0.2", "NetworkAddress": "h:8000", '
         f'"AllowedPorts": [22], "LogFile": "{tmp_path}/log", '
         '"PacketMagic": "abc"}', "t.json")
    section = run(adit, "convert", "udptunnel", tmp_path / "t.json").stdout
    assert f"logfile = {tmp_path}/log" in section
    assert "right.prefix = abc" in section
    check(adit, conf(section))


def test_convert_knows_only_tunnels(adit):
    done = run(adit, "convert", "ping", "127.0.0.1:1", status=2)
    assert "no such command" in done.stderr


@pytest.mark.parametrize("line", [
    "uotp-client -w 0.05 h 1", "uotp-client -w 3600 -B 3600 h 1",
    "uotp-client --mark 0xca6c h 1", "uott --mark 7 client :1 h:2",
    "dtlspipe client 127.0.0.1:1 h:2"])
def test_what_convert_prints_is_what_check_takes(adit, conf, line):
    done = run(adit, "convert", *line.split(),
               env={"DTLSPIPE_PSK": KEY} if "dtlspipe" in line else None)
    shown = run(adit, "check", "-c", conf(done.stdout),
                env={"DTLSPIPE_PSK": KEY}).stdout
    if "mark" not in line:
        assert "# right.mark is not set\n" in shown
    again = run(adit, "check", "-c", conf(re.sub(
        r"# right.psk is set.*", f"right.psk = {KEY}", shown))).stdout
    assert again == shown


def test_folder_of_a_pattern_may_be_missing(adit, conf, echo):
    text = "include = conf.d/*.conf\n" + udp_tunnel("a", free_port(), echo)
    check(adit, conf(text))
    done = check(adit, conf(text.replace("*.conf", "a.conf")), status=2)
    assert "conf.d/a.conf" in done.stderr


def test_tunnels_that_want_the_same_port_are_named(adit, conf, start, echo):
    port = free_port()
    path = conf(udp_tunnel("first", port, echo) +
                tunnel("second", f"udp-listen::{port}",
                       f"udp:127.0.0.1:{echo}"))
    done = check(adit, path, status=2)
    assert re.search(rf"line 5: left: tunnel first has that port already "
                     rf"\(.*line 1\), on 127\.0\.0\.1:{port}", done.stderr)
    process = start(adit, "run", "-c", path)
    process.wait("ERROR .*tunnel first has that port")
    process.wait(r" first: .*: ready$")
