# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""adit doctor on Windows: a tunnel that is well, and planted failures, which
are named in words."""

import json
import socket

import pytest

from harness import READY, free_port


@pytest.fixture
def server(start, certs, echo):
    """A native TLS server that requires clients' certificates; its port."""
    port = free_port()
    start("tunnel", f"tls-listen:127.0.0.1:{port},cert={certs}/server.pem,"
          f"key={certs}/server.key,cafile={certs}/ca.pem",
          f"udp:127.0.0.1:{echo}").wait(READY)
    return port


def doctor(windows, left, right, status=0):
    """The steps by their name, and the one that failed."""
    done = windows.run("doctor", "--json", left, right, status=status)
    assert "Unknown error" not in done.stdout + done.stderr
    tunnel = json.loads(done.stdout)["tunnels"][0]
    return {s["step"]: s for s in tunnel["steps"]}, tunnel["failed"]


def here():
    return f"udp-listen:127.0.0.1:{free_port()}"


def tls(windows, certs, port, ca="ca", host="127.0.0.1", client=True):
    own = f",cert={windows.path(certs / 'client.pem')}" \
        f",key={windows.path(certs / 'client.key')}" if client else ""
    return f"tls:{host}:{port},cafile={windows.path(certs / f'{ca}.pem')}{own}"


def test_a_tunnel_that_is_well(windows, server, certs):
    steps, failed = doctor(windows, here(), tls(windows, certs, server))
    assert failed is None
    assert {s: steps[s]["result"] for s in
            ("clock", "identity", "resolution", "tcp", "tls", "listen")} == \
        dict.fromkeys(("clock", "identity", "resolution", "tcp", "tls",
                       "listen"), "ok")


def test_a_port_where_nobody_listens(windows, certs):
    steps, failed = doctor(windows, here(), tls(windows, certs, free_port()),
                           status=13)
    assert failed == "tcp" and "Connection refused" in steps["tcp"]["text"]


def test_a_name_that_is_not_known(windows, certs):
    steps, failed = doctor(windows, here(), tls(
        windows, certs, 443, host="no-such-host.invalid"), status=12)
    assert failed == "resolution"
    assert "no-such-host.invalid: " in steps["resolution"]["text"]


def test_a_server_that_wants_a_certificate(windows, server, certs):
    steps, failed = doctor(windows, here(), tls(
        windows, certs, server, client=False), status=14)
    assert failed == "tls"
    assert "wants a client certificate" in steps["tls"]["text"]


def test_a_server_of_a_different_ca(windows, server, certs, tmp_path):
    windows.run("gencert", "-d", windows.path(tmp_path), "localhost")
    other = f",cafile={windows.path(tmp_path / 'ca.pem')}"
    right = tls(windows, certs, server).replace(
        f",cafile={windows.path(certs / 'ca.pem')}", other)
    steps, failed = doctor(windows, here(), right, status=14)
    assert failed == "tls", steps


def test_a_file_that_is_missing(windows, certs):
    steps, failed = doctor(windows, here(), tls(
        windows, certs, 443, ca="no-such-file"), status=11)
    assert failed == "identity"
    assert "No such file or directory" in steps["identity"]["text"]


def test_a_port_of_ours_that_is_taken(windows):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        done = windows.run("echo", f"127.0.0.1:{s.getsockname()[1]}",
                           status=1)
    assert "Address already in use" in done.stderr, done.stderr
