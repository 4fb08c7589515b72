# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""Cookies that are not valid any more when a client returns them: the server
was restarted, its secret has changed, or the client's NAT gave it a new
port."""

import threading

import pytest

import dtls_ends
from dtls_ends import GNUTLS_SUITE, dial, key_file
from harness import READY, free_port
from relay import DOWN, UP, Message

pytestmark = pytest.mark.usefixtures("dtls")


def openssl(start, port):
    client = dtls_ends.openssl(start, "s_client", "-connect", port, "-cipher",
                               "PSK")
    client.say("hello")
    return lambda: client.wait("^hello$")


def gnutls(start, port):
    client = dtls_ends.gnutls_cli(start, port, "--priority", GNUTLS_SUITE)

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


@pytest.mark.parametrize("key", ["cid", "no-cid"])
def test_a_nat_may_change_the_port_after_the_server_hello(
        start, tmp_path, echo, udp, relay, key):
    """Our server says that it does not know the handshake."""
    port = free_port()
    serve(start, tmp_path, echo, port)

    def move(data):
        r.rebind()
        return data

    watcher = Watcher(move, kind=Message.CLIENT_KEY_EXCHANGE, seq=2)
    r = relay(port, watcher)
    client, local = dial(start, tmp_path, r.port,
                         *["no-cid"] * (key == "no-cid"))
    sock = udp(local)
    assert sock.ask(b"hello") == b"hello"
    assert client.text().count(" began") == 1
    assert watcher.hellos == [0, 1] * (1 if key == "cid" else 2)


@pytest.mark.parametrize("comes", ["openssl", "gnutls"], indirect=True)
def test_other_clients_do_not_mind_a_hello_request(comes, start, tmp_path,
                                                   echo, relay):
    """It comes after the ServerHelloDone, in the same datagram."""
    port = free_port()
    serve(start, tmp_path, echo, port)
    request = b"\x16\xfe\xfd" + bytes(7) + b"\x09\x00\x0c" + bytes(12)
    watcher = Watcher(lambda data: data + request, DOWN, Message.SERVER_HELLO,
                      1)
    comes(relay(port, watcher).port)()
    assert watcher.done
