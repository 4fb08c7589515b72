# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""The alerts that OpenSSL reads from our server when a handshake fails."""

import socket
import ssl
import subprocess

import pytest

import harness
from harness import READY, free_port

HANDSHAKE, CLIENT_KEY_EXCHANGE, CHANGE_CIPHER_SPEC = 22, 16, 20


@pytest.fixture
def serve(start, echo, ca):
    def serve(*more):
        port = free_port()
        p = start("uotp-server", "-a", "127.0.0.1", "-p", port,
                  "-c", ca.issue("kind-P-256", kind="P-256")[0],
                  "-k", ca.issue("kind-P-256", kind="P-256")[1], *more,
                  "127.0.0.1", echo)
        p.wait(READY)
        return p, port
    return serve


def s_client(port, *args):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=harness.PATIENCE)
    return done.stdout.decode(errors="replace")


@pytest.mark.parametrize("args, alert", [
    (["-tls1_3"], "alert handshake failure"),
    (["-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"],
     "alert handshake failure"),
])
def test_s_client_says_which_alert(args, alert, serve):
    server, port = serve()
    shown = s_client(port, *args)
    assert alert in shown, shown
    server.wait("connection closed: ")


def records(data):
    """Divides bytes into TLS records."""
    while data:
        n = 5 + int.from_bytes(data[3:5], "big")
        yield bytearray(data[:n])
        data = data[n:]


def zero_share(record, encrypted):
    if record[0] == HANDSHAKE and record[5] == CLIENT_KEY_EXCHANGE:
        record[10:] = bytes(len(record) - 10)


def damage_finished(record, encrypted):
    if encrypted:
        record[-1] ^= 1


def keep(record, encrypted):
    pass


def shake_hands(port, damage, after=b""):
    """Has OpenSSL talk to our server, each of its records changed by
    damage(); returns what it says at the end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    encrypted, up = False, False
    with socket.create_connection(("127.0.0.1", port),
                                  harness.PATIENCE) as s:
        while True:
            try:
                tls.read() if up else tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as e:
                return e.reason
            else:
                up = True
                if after:
                    tls.write(after)
                    damage, after = damage_finished, b""
            for record in records(outgoing.read()):
                damage(record, encrypted)
                encrypted |= record[0] == CHANGE_CIPHER_SPEC
                s.sendall(record)
            got = s.recv(65536)
            if not got:
                return "end of file"
            incoming.write(got)


@pytest.mark.parametrize("damage, after, reason, cause", [
    (zero_share, b"", "ALERT_ILLEGAL_PARAMETER", "key share is not valid"),
    (damage_finished, b"", "BAD_RECORD_MAC", "damaged or forged"),
    (keep, bytes(100), "BAD_RECORD_MAC", "damaged or forged"),
])
def test_alert_fits_the_fault(damage, after, reason, cause, serve):
    server, port = serve()
    said = shake_hands(port, damage, after)
    assert reason in said, said
    server.wait(f"connection closed: .*{cause}")


def test_bad_handshakes_do_not_stay(start, ca, echo):
    port = free_port()
    cert, key = ca.issue("kind-P-256", kind="P-256")
    # One that stays has an hour for its identifier.
    start("tunnel", f"tls-listen:127.0.0.1:{port},cert={cert},key={key},"
          "identify=3600", f"udp:127.0.0.1:{echo}").wait(READY)
    sockets = [socket.create_connection(("127.0.0.1", port))
               for _ in range(200)]
    for s in sockets:
        s.settimeout(harness.PATIENCE)
        s.sendall(b"GET / HTTP/1.1\r\n\r\n" + bytes(3000))
    for s in sockets:
        assert s.recv(100) == b"\x15\x03\x03\x00\x02\x02\x46"
        assert s.recv(100) == b""
    for s in sockets:
        s.close()
