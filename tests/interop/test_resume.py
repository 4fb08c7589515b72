# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Short TLS handshakes with OpenSSL and Python's ssl, in both roles; and the
system's trust store as an index."""

import re
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

import harness
from harness import READY, free_port, until

STORE = "/etc/ssl/certs/ca-certificates.crt"


@pytest.fixture
def serve(start, ca, echo):
    """Starts our server, with client certificates or without."""
    def serve(mutual=False):
        port = free_port()
        cert, key = ca.issue("resume-server")
        p = start("uotp-server", "-a", "127.0.0.1", "-p", port, "-c", cert,
                  "-k", key, *(["-C", ca.pem] if mutual else []), "-v",
                  "debug", "127.0.0.1", echo)
        p.wait(READY)
        return p, port
    return serve


@pytest.fixture
def client_cert(ca):
    return ca.issue("resume-client", use="clientAuth")


@pytest.mark.parametrize("mutual", [False, True])
def test_s_client_resumes(mutual, serve, ca, client_cert):
    p, port = serve(mutual)
    cert, key = client_cert
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2",
         "-CAfile", ca.pem, "-reconnect",
         *(["-cert", cert, "-key", key] if mutual else [])],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=harness.PATIENCE).stdout
    assert len(re.findall("^New, TLSv1.2", shown, re.M)) == 1, shown
    assert len(re.findall("^Reused, TLSv1.2", shown, re.M)) == 5, shown
    p.wait("tls: resumed handshake", count=5)


@pytest.mark.parametrize("mutual", [False, True])
def test_python_resumes(mutual, serve, ca, client_cert):
    _, port = serve(mutual)
    context = ssl.create_default_context(cafile=ca.pem)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if mutual:
        context.load_cert_chain(*client_cert)
    session = None
    for reused in False, True, True:
        with socket.create_connection(("127.0.0.1", port)) as plain, \
                context.wrap_socket(plain, server_hostname="localhost",
                                    session=session) as tls:
            assert tls.session_reused == reused
            session = tls.session


@pytest.fixture
def python_server(ca):
    """A TLS server; returns its port and what came: resumed or not."""
    listening = []

    def server(client_ca=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*ca.issue("resume-server"))
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        came = []

        def talk(plain):
            with plain, context.wrap_socket(plain, server_side=True) as tls:
                came.append(tls.session_reused)
                while tls.recv(4096):
                    pass

        def accept(listener):
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(plain,),
                                 daemon=True).start()

        listener = socket.create_server(("127.0.0.1", 0))
        listening.append(listener)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        return listener.getsockname()[1], came

    yield server
    for listener in listening:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize("mutual", [False, True])
def test_our_client_resumes(mutual, python_server, start, ca, client_cert,
                            udp):
    cert, key = client_cert
    port, came = python_server(ca.pem if mutual else None)
    local = free_port()
    p = start("uotp-client", "-p", local, "-C", ca.pem,
              *(["-c", cert, "-k", key] if mutual else []), "-v", "debug",
              "127.0.0.1", port)
    p.wait(READY)
    udp(local).send(b"begin")
    until("8 connections", lambda: len(came) == 8)
    # Threads of the server may not see at once what the first one stored, so
    # the spares need not all be short; those of a later flow must be.
    assert not came[0]
    udp(local).send(b"begin")
    until("8 more", lambda: len(came) == 16)
    assert all(came[8:])
    p.wait("tls: resumed handshake")


@pytest.mark.skipif(not shutil.os.path.exists(STORE), reason="no trust store")
def test_a_large_store_is_an_index(serve, start, ca, udp, tmp_path):
    _, port = serve()
    store = tmp_path / "store.pem"
    with open(STORE) as many, open(ca.pem) as ours:
        text = many.read() + ours.read()
    store.write_text(text)
    assert len(text) > 100000

    def client():
        local = free_port()
        p = start("uotp-client", "-p", local, "-v", "debug", "127.0.0.1",
                  port, env={"SSL_CERT_FILE": str(store)})
        p.wait(READY)
        return p, udp(local)

    p, app = client()
    new = tmp_path / "new.pem"
    new.write_text("nothing")
    new.rename(store)
    assert app.ask(b"hello") == b"hello"
    p.stop()

    store.write_text(text)
    p, app = client()
    store.write_text(text[1:])
    app.send(b"hello")
    p.wait("the file of trusted certificates was changed in place")
