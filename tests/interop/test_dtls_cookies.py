# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Cookies that are not valid any more when a client returns them: the server
was restarted, its secret has changed, or the client's NAT gave it a new
port."""

import subprocess
import threading

import pytest

from dtls_ends import PSK, dial, key_file
from harness import READY, free_port, need
from relay import DOWN, UP, Message, UdpRelay

pytestmark = pytest.mark.usefixtures("dtls")


def openssl(start, port):
    need("openssl")
    client = start("/usr/bin/env", "openssl", "s_client", "-dtls1_2",
                   "-connect", f"127.0.0.1:{port}", "-psk", PSK["alice"],
                   "-psk_identity", "alice", "-cipher", "PSK",
                   stdin=subprocess.PIPE)
    client.say("hello")
    return lambda: client.wait("^hello$")


def gnutls(start, port):
    need("gnutls-cli")
    client = start("/usr/bin/env", "gnutls-cli", "--udp", "-p", port,
                   "--pskusername", "alice", "--pskkey", PSK["alice"],
                   "--priority", "NONE:+VERS-DTLS1.2:+COMP-NULL:+SIGN-ALL:"
                   "+GROUP-ALL:+PSK:+AES-128-CCM:+AEAD", "127.0.0.1",
                   stdin=subprocess.PIPE)

    def comes():
        client.wait("Handshake was completed")
        client.say("hello")
        client.wait("^hello$")
    return comes


@pytest.fixture
def comes(request, start, tmp_path, udp):
    """Starts a client of that kind towards a port; the function that it returns
    waits until a datagram has come back."""
    def ours(port):
        _, local = dial(start, tmp_path, port)
        sock = udp(local)
        sock.send(b"hello")
        sock.settimeout(30)
        return lambda: sock.recv(100)

    def comes(port):
        return ours(port) if request.param == "adit" else \
            {"openssl": openssl, "gnutls": gnutls}[request.param](start, port)
    return comes


CLIENTS = pytest.mark.parametrize("comes", ["openssl", "gnutls", "adit"],
                                  indirect=True)


class Watcher:
    """A relay's fate: notes the hellos, and calls act() at the first message of
    that kind."""

    def __init__(self, act, way=UP, kind=Message.CLIENT_HELLO, seq=1):
        self.act = act
        self.first = way, kind, seq
        self.hellos = []        # their message_seq, as they came
        self.done = False

    def __call__(self, way, data):
        message = Message(data)
        if way == UP and message.type == Message.CLIENT_HELLO:
            self.hellos.append(message.seq)
        if self.done or (way, message.type, message.seq) != self.first:
            return data
        self.done = True
        return self.act(data)


def serve(start, folder, target, port):
    server = start("tunnel", f"dtls-listen:127.0.0.1:{port},"
                   f"psk-file={key_file(folder)}", f"udp:127.0.0.1:{target}")
    server.wait(READY)
    return server


@pytest.fixture
def relay():
    relays = []

    def relay(server, fate):
        relays.append(UdpRelay(server, fate))
        return relays[-1]
    yield relay
    for r in relays:
        r.close()


def change_cookie(data):
    """The same HelloVerifyRequest with one bit of its cookie changed."""
    return data[:-1] + bytes([data[-1] ^ 1])


@CLIENTS
def test_a_cookie_that_is_stale_is_replaced(comes, start, tmp_path, echo,
                                            relay):
    port = free_port()
    serve(start, tmp_path, echo, port)
    watcher = Watcher(change_cookie, DOWN, Message.HELLO_VERIFY_REQUEST, 0)
    comes(relay(port, watcher).port)()
    # It went on with the next message, and did not repeat until its end.
    assert watcher.hellos[0] == 0 and watcher.hellos[-1] == 2


@CLIENTS
def test_a_server_may_restart_before_the_cookie_comes(comes, start, tmp_path,
                                                      echo, relay):
    port = free_port()
    server = serve(start, tmp_path, echo, port)
    here, again = threading.Event(), threading.Event()

    def hold(data):
        here.set()
        again.wait(30)
        return data

    watcher = Watcher(hold)
    done = comes(relay(port, watcher).port)
    assert here.wait(30)
    server.stop()
    serve(start, tmp_path, echo, port)
    again.set()
    done()
    assert watcher.hellos[-1] == 2


@CLIENTS
def test_a_nat_may_change_the_port_before_the_cookie_comes(
        comes, start, tmp_path, echo, relay):
    port = free_port()
    serve(start, tmp_path, echo, port)

    def move(data):
        r.rebind()
        return data

    watcher = Watcher(move)
    r = relay(port, watcher)
    comes(r.port)()
    assert watcher.hellos[-1] == 2
